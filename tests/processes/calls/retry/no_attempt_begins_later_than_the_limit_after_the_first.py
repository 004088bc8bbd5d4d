"""No attempt begins later than the limit after the first."""

from place import meet_provider, raises, within

from daffi import BG, FG, RetryPolicy

g = meet_provider()
policy = RetryPolicy(KeyError, stop_after_delay="1s")
for call in (
    lambda: g.call.flaky(9) & FG(retry_policy=policy),
    lambda: (g.call.flaky(9) & BG(retry_policy=policy)).get(),
):
    with raises(KeyError), within(4):
        call()
    assert g.call.reset().fg() == 1
g.stop()
