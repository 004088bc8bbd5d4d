"""The last error is raised when the policy says stop."""

from place import meet_provider, raises, within

from daffi import BG, FG, RemoteCallError, RetryPolicy

g = meet_provider()
with raises(KeyError) as caught:
    g.call.flaky(9) & FG(retry_policy=RetryPolicy(KeyError, stop_after_attempt=3, wait=0))
assert isinstance(caught.error, RemoteCallError)
assert g.call.reset().fg() == 3
with raises(KeyError):
    (g.call.flaky(9) & BG(retry_policy=RetryPolicy(stop_after_attempt=2, wait=0))).get()
assert g.call.reset().fg() == 2
with raises(KeyError), within(5):
    g.call.flaky(10**9) & FG(retry_policy=RetryPolicy(stop_after_delay="200ms", wait="20ms"))
assert g.call.reset().fg() > 1
g.stop()
