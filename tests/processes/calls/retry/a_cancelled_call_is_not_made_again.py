"""A cancelled call is not made again."""

import time

from place import meet_provider, raises

from daffi import BG, FG, CallCancelled, RetryPolicy

g = meet_provider()
for wait in ("5ms", "300ms"):
    policy = RetryPolicy(stop_after_delay="1h", wait=wait)
    result = g.call.flaky(10**9) & BG(retry_policy=policy)
    while g.call.reset().fg() == 0:
        pass
    assert result.cancel() and result.cancelled()
    with raises(CallCancelled):
        result.get()
    time.sleep(0.1)  # one may have been under way
    g.call.reset() & FG
    time.sleep(0.5)  # longer than either wait
    assert g.call.reset().fg() == 0
g.stop()
