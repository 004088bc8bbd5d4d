"""Wrong arguments are refused before anything is sent."""

from place import meet_provider, raises

from daffi import FG, GlobalContextError

g = meet_provider()
wrong = [
    ((), {}),
    ((1, 2), {}),
    ((), {"valeu": 1}),
    ((1,), {"value": 1}),
]
for args, kwargs in wrong:
    with raises(GlobalContextError) as caught:
        g.call.echo(*args, **kwargs) & FG
    assert "echo(value)" in str(caught.error), caught.error
with raises(GlobalContextError):
    g.call.greet("ada", "positional") & FG
assert (g.call.calls_so_far() & FG) == []
g.stop()
