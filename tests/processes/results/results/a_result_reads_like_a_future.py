"""A result reads like a future."""

from place import meet_provider, raises

from daffi import BG, CallCancelled

g = meet_provider()
held, good, bad = g.call.hold() & BG, g.call.add(1, 2) & BG, g.call.fail("x") & BG
for wait in (held.result, held.exception):
    with raises(TimeoutError):
        wait(timeout=0.05)
assert (held.running(), held.done(), held.cancelled()) == (True, False, False)
assert good.result(timeout=10) == 3 and good.exception(10) is None
assert isinstance(bad.exception(10), ValueError)
with raises(ValueError):
    bad.result(10)
for ended in (good, bad):
    assert (ended.running(), ended.done(), ended.cancelled()) == (False, True, False)
assert held.cancel() is True
assert (held.running(), held.done(), held.cancelled()) == (False, True, True)
with raises(CallCancelled):
    held.result()
g.stop()
