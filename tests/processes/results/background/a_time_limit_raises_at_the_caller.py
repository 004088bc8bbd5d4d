"""A time limit raises at the caller."""

import builtins

from place import meet_provider, raises, within

from daffi import BG, FG, DaffiError

g = meet_provider()
with within(2), raises(TimeoutError) as caught:
    g.call.slow(5) & FG(timeout=0.2)
assert isinstance(caught.error, builtins.TimeoutError)
assert isinstance(caught.error, DaffiError)
result = g.call.slow(5) & BG(timeout="200ms")
with within(2), raises(TimeoutError):
    result.get()
with raises(TimeoutError):
    result.get()
assert isinstance(result.error, TimeoutError)
assert (g.call.add(1, 2) & FG) == 3
g.stop()
