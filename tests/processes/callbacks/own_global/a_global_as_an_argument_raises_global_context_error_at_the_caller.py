"""A global as an argument raises global context error at the caller."""

from place import meet_provider, raises

from daffi import GlobalContextError, get_g

g = meet_provider()


class Holder:
    def __init__(self):
        self.kept = g


for wrong in (
    g.call.echo(g),
    g.call.echo(value=g),
    g.call.echo([1, {"deep": g}]),
    g.call.echo({g: 1}),
    g.call.echo(Holder()),
    g.call.echo(g.stop),
    g.call.echo(get_g()),
):
    with raises(GlobalContextError) as caught:
        wrong.fg()
    assert "a Global does not travel" in str(caught.error), caught.error
assert g.call.calls_so_far().fg() == []
g.stop()
