"""A time limit may be given in every form."""

import time
from datetime import timedelta

from place import meet_provider, raises, within

from daffi import BG, FG

g = meet_provider()
for limit in (0.1, timedelta(milliseconds=100), "100ms", "0.1", "0.1 s"):
    with within(2), raises(TimeoutError):
        g.call.slow(5) & FG(timeout=limit)
    with within(2), raises(TimeoutError):
        g.wait_process("nobody", timeout=limit)
start = time.monotonic()
for delay in (0.1, timedelta(milliseconds=100), "100ms"):
    assert (g.call.echo(1) & BG(eta=delay)).get() == 1
assert time.monotonic() - start >= 0.3
g.stop()
