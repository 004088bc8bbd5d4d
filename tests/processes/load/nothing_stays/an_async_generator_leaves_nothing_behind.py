"""An async generator leaves nothing behind."""

from place import meet_provider, raises, within

from daffi import FG, NO_RETURN

g = meet_provider()


async def at_the_caller(number):
    for item in range(number):
        yield item


for _ in range(50):
    assert len(list(g.call.items(3) & FG)) == 3
    with g.call.items(1_000_000) & FG as endless:
        next(endless)
    del endless
    g.call.items(1_000_000) & FG
    g.call.items(3) & NO_RETURN
    with raises(ValueError):
        list(g.call.fails() & FG)
    assert list(g.transfer_and_call("provider", at_the_caller, 2)) == [0, 1]
with within(10):
    while g.call.how_many_are_alive().fg() > 20:
        pass
g.stop()
