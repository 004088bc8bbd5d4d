"""Ready and error never wait."""

from place import meet_provider, within

from daffi import BG, CallCancelled

g = meet_provider()
held, good, bad = g.call.hold() & BG, g.call.add(1, 2) & BG, g.call.fail("x") & BG
with within(1):
    assert (held.ready, held.error) == (False, None)
with within(10):
    while not (good.ready and bad.ready):
        pass
assert good.error is None
assert isinstance(bad.error, ValueError)
assert not held.ready
held.cancel()
assert held.ready and isinstance(held.error, CallCancelled)
g.stop()
