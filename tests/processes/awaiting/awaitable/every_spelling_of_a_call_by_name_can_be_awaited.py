"""Every spelling of a call by name can be awaited."""

import asyncio

import trio
from place import meet_provider

from daffi import BG, FG

g = meet_provider()


async def main():
    assert await g.call.add(1, 2) & FG == 3
    assert await (g.call.add(1, 2) & FG) == 3
    assert await (g.call.add(1, 2) & FG(timeout=5)) == 3
    assert (await g.call.add(1, 2) & FG(timeout=5)) == 3
    assert await (g.call.add & FG)(1, 2) == 3
    assert await g.call.add(1, 2).fg() == 3
    assert await (g.call.add(1, 2) & BG) == 3
    assert (await g.call.add(1, 2) & BG).get() == 3
    assert await (await g.call.add(1, 2) & BG(timeout=5)) == 3
    assert (g.call.add(1, 2) & FG) == 3


asyncio.run(main())
trio.run(main)
assert type(g.call.add(1, 2) & FG) is int
g.stop()
