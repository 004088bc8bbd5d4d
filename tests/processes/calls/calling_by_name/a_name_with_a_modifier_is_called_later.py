"""A name with a modifier is called later."""

import sys
import time

from place import meet_provider, spelled, within

from daffi import FG, AsyncResult

name = spelled(sys.argv[1])
g = meet_provider()
first, second = g.call.echo & name, g.call.echo & name(node="provider")
assert (g.call.calls_so_far() & FG) == []
for echo in (first, second, first):
    result = echo(["x"])
    if isinstance(result, AsyncResult):
        assert result.get() == ["x"]
with within(5):
    while len(seen := g.call.calls_so_far() & FG) < 3:
        time.sleep(0.001)  # nobody tells when a forgotten call has run
assert seen == ["echo"] * 3
g.stop()
