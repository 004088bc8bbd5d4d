"""A buffer can be resized after a call that was given up."""

import os
import signal
import sys

from place import meet_provider, raises

from daffi import BG, FG

g = meet_provider()
g.call.many(bytearray(10)) & BG
g.call.taken() & FG
buffer = bytearray(30_000_000)
os.kill(int(sys.argv[1]), signal.SIGSTOP)
with raises(TimeoutError):
    g.call.take(buffer) & FG(timeout=0.5)
buffer.extend(b"more")
os.kill(int(sys.argv[1]), signal.SIGCONT)
assert (g.call.taken() & FG) == []
g.stop()
