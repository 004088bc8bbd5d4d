"""The items of a generator that is not awaited come without holding up the loop."""

import asyncio

import trio
from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


@fetcher(FG)
async def numbers(upto): ...


async def main():
    assert [item async for item in g.call.numbers(3) & FG] == [0, 1, 2]
    assert [item async for item in numbers(3)] == [0, 1, 2]


asyncio.run(main())
trio.run(main)
g.stop()
