"""Passing g raises global context error at the caller."""

from place import meet_provider, raises

from daffi import GlobalContextError, callback

g = meet_provider()
for wrong in (
    g.call.plain(1),
    g.call.plain(g=1),
    g.call.first(1, g=1),
    g.call.first(1, 2, 3),
    g.call.waiting(1, g=None),
    g.call.method(1, g=1),
    g.call.with_rest(g=1),
):
    with raises(GlobalContextError):
        wrong.fg()


@callback
def mine(a, g):
    return a


with raises(GlobalContextError) as caught:
    mine(1, g=g)
assert "leave it out" in str(caught.error)
g.stop()
