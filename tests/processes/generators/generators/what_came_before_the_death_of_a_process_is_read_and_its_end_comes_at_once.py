"""What came before the death of a process is read and its end comes at once."""

import os
import select
import signal

from place import meet_provider, raises, within

from daffi import FG, RemoteStoppedUnexpectedly

g = meet_provider()
stream = g.call.endless() & FG
# With this answer the first items have come, too.
made = 0
while made == 0:
    made = g.call.how_many() & FG
pid = g.call.pid() & FG
ended = select.poll()
ended.register(os.pidfd_open(pid))
os.kill(pid, signal.SIGKILL)
ended.poll()
# Not after a wait for another controller: the generator has gone with its process.
seen = 0
with within(3), raises(RemoteStoppedUnexpectedly):
    for item in stream:
        seen += 1
assert seen > 0
g.stop()
