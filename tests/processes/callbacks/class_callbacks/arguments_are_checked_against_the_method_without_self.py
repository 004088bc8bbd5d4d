"""Arguments are checked against the method without self."""

from place import meet_provider, raises

from daffi import GlobalContextError

g = meet_provider()
for wrong, reason in [
    (g.call.deposit(), "missing a required argument: 'amount'"),
    (g.call.deposit(1, 2), "too many positional arguments"),
    (g.call.currency(self=1), "unexpected keyword argument 'self'"),
    (g.call.scaled(1, 2), "too many positional arguments"),
]:
    with raises(GlobalContextError) as caught:
        wrong.fg()
    assert reason in str(caught.error), caught.error
with raises(GlobalContextError) as caught:
    g.call.deposit().fg()
assert "deposit(amount, *, times=1)" in str(caught.error)
g.stop()
