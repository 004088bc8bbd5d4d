"""Passing g is refused in every style of call."""

import asyncio

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, GlobalContextError, fetcher

g = meet_provider()


@fetcher(FG)
def first(g, a, b=2): ...


@fetcher(FG)
async def waiting(a, g): ...


async def awaited(make):
    return await make()


for wrong in (
    lambda: first(1, g=1),
    lambda: asyncio.run(awaited(lambda: waiting(1, g=1))),
    lambda: asyncio.run(awaited(lambda: g.call.waiting(1, g=1) & FG)),
    lambda: g.call.first(1, g=1) & BG,
    lambda: g.call.first(1, g=1) & NO_RETURN,
    lambda: g.call.first(1, g=1) & BROADCAST,
    lambda: g.call.first(1, g=1) & BROADCAST(return_result=True),
    lambda: g.call.first(1, g=1) & PERIOD(interval=100),
):
    with raises(GlobalContextError) as caught:
        wrong()
    assert "unexpected keyword argument 'g'" in str(caught.error), caught.error
g.stop()
