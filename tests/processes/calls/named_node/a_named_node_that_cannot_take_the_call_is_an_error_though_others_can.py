"""A named node that cannot take the call is an error though others can."""

from place import meet_provider, raises

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    GlobalContextError,
    InitializationError,
    callback,
)

g = meet_provider()


@callback
def where(): ...


g.wait_process("second")
missing = [("nobody", "where"), ("caller", "where"), ("provider", "only_second")]
for node, name in missing:
    for modifier in (FG, BG, NO_RETURN, BROADCAST):
        with raises(GlobalContextError) as caught:
            getattr(g.call, name)() & modifier(node=node)
        assert name in str(caught.error) and repr(node) in str(caught.error), caught.error
    with raises(GlobalContextError):
        getattr(g.call, name)() & PERIOD(interval=100, node=node)
    with raises(InitializationError):
        getattr(g.call, name)([]) & STREAM(node=node)
for name in ("provider", "second"):
    assert (g.call.runs() & FG(node=name)) == []
g.stop()
