"""The lazy of a test: a caller that takes no answers keeps nobody from a callback."""

import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
from place import meet

from daffi import BG, FG

g = meet(process_name="lazy")
g.wait_process("provider", timeout=20)
assert g.call.alone(0) & FG(timeout=20) == 0
print("met", flush=True)
signal.sigwait({signal.SIGUSR1})
results = [g.call.large() & BG for _ in range(100)]
results.append(g.call.alone(1) & BG)
print("sent", flush=True)
g.join()
