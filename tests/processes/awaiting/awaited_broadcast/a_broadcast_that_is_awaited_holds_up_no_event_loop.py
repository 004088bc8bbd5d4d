"""A broadcast that is awaited holds up no event loop."""

import asyncio

from place import meet_provider

from daffi import BROADCAST, fetcher

g = meet_provider()


@fetcher(BROADCAST(return_result=True))
async def slow(seconds, value=None): ...


async def main():
    for waiting in (
        lambda: slow(0.5, 1),
        lambda: g.call.slow(0.5, 1) & BROADCAST(return_result=True),
    ):
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.01)

        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
        assert await waiting() == {"provider": 1}
        ticking.cancel()
        assert ticks > 5, "the loop stood still"


asyncio.run(main())
g.stop()
