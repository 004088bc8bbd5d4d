"""Only acceptable errors are worth another attempt."""

from place import meet_provider, raises

from daffi import FG, RetryPolicy

g = meet_provider()
with raises(ValueError):
    g.call.flaky(9, "ValueError") & FG(
        retry_policy=RetryPolicy(KeyError, stop_after_attempt=3, wait=0)
    )
assert g.call.reset().fg() == 1
# Subclasses count, here known by the class they derive from.
policy = RetryPolicy([KeyError, OSError], stop_after_attempt=3, wait=0)
assert (g.call.flaky(2, "Special") & FG(retry_policy=policy)) == 2
g.call.reset() & FG
policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0, str_expression="other")
with raises(KeyError):
    g.call.flaky(9) & FG(retry_policy=policy)
assert g.call.reset().fg() == 1
g.stop()
