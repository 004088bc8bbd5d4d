"""Results can be awaited."""

import asyncio

from place import meet_provider

from daffi import BG, RemoteCallError

g = meet_provider()


async def main():
    assert await (g.call.add(1, 2) & BG) == 3
    assert await (g.call.add(1, 2) & BG).get_async() == 3
    ticks = 0
    waiting = asyncio.gather(*((g.call.slow(0.3, n) & BG).get_async() for n in range(8)))
    while not waiting.done():
        ticks += 1
        await asyncio.sleep(0.01)
    assert await waiting == list(range(8))
    assert ticks > 5, "the loop stood still"
    try:
        await (g.call.fail("x") & BG)
    except RemoteCallError:
        return
    raise AssertionError("nothing raised")


asyncio.run(main())
g.stop()
