"""Awaiting never blocks the event loop."""

import asyncio

from fetchers import slow_async
from place import meet_provider, within

g = meet_provider()


async def main():
    ticks = 0
    with within(3):
        waiting = asyncio.gather(*(slow_async(0.5, n) for n in range(20)))
        while not waiting.done():
            ticks += 1
            await asyncio.sleep(0.01)
    assert await waiting == list(range(20))
    assert ticks > 10, "the loop stood still"


asyncio.run(main())
g.stop()
