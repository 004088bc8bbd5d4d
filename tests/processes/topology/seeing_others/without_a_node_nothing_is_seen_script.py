"""The script of a test: without a node nothing is seen."""

from place import meet, raises, within

from daffi import FG, GlobalContextError, callback


@callback
def mine(): ...


g = meet()
assert g.registered_callbacks == {} and dir(g.call) == []
for use in (
    lambda: g.call.mine() & FG,
    lambda: g.wait_process("x"),
    lambda: g.wait_function("mine"),
):
    with within(2), raises(GlobalContextError) as caught:
        use()
    assert "no node" in str(caught.error)
g.stop()
