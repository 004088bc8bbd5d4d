"""The other process of a test: a node that cannot be reached before the call is sent is no candidate."""

import signal

from daffi import FG, UnableToFindCandidate

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
from place import meet, raises

g = meet(process_name="caller")
g.wait_process("provider")
print("there", flush=True)
signal.sigwait({signal.SIGUSR1})
with raises(UnableToFindCandidate) as caught:
    g.call.add(1, 2) & FG(node="provider")
assert "provider" in str(caught.error)
g.stop()
