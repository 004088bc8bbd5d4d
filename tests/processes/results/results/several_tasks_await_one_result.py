"""Several tasks await one result."""

import asyncio

import trio
from place import meet_provider

from daffi import BG

g = meet_provider()


async def main():
    result = g.call.slow(0.3, "for all") & BG
    tasks = [result, result.get_async(), result.get_async(10)]
    assert await asyncio.gather(*tasks) == ["for all"] * 3


async def main_of_trio():
    result, values = g.call.slow(0.3, "for all") & BG, []

    async def look():
        values.append(await result)

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(look)
    assert values == ["for all"] * 3


asyncio.run(main())
trio.run(main_of_trio)
g.stop()
