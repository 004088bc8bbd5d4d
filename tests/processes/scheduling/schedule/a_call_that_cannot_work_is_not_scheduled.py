"""A call that cannot work is not scheduled."""

import time

from place import meet_provider, raises

from daffi import PERIOD, GlobalContextError, InitializationError

g = meet_provider()
with raises(GlobalContextError):
    g.call.nothing() & PERIOD(interval=1)
with raises(GlobalContextError):
    g.call.change() & PERIOD(interval=1)
with raises(GlobalContextError):
    g.call.tick() & PERIOD(interval=1, node="nobody")
with raises(InitializationError) as caught:
    g.call.tick() & PERIOD
assert "PERIOD(interval=5)" in str(caught.error)
passed = PERIOD(at_time=time.time() + 0.05)
time.sleep(0.1)  # until it has passed
with raises(InitializationError):
    g.call.tick() & passed
assert g.get_scheduled_tasks("provider") == []
g.stop()
