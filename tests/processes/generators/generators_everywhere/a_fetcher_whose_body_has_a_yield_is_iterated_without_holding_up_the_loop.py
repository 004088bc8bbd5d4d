"""A fetcher whose body has a yield is iterated without holding up the loop."""

import asyncio
import contextlib
import inspect
import logging
import sys
from unittest import mock

import trio
from place import meet_provider

from daffi import BG, FG, NO_RETURN, alias, fetcher

g = meet_provider()
logging.basicConfig(format="%(message)s", stream=sys.stdout)


@fetcher(FG)
async def numbers(upto):
    yield upto


@fetcher
@alias("numbers")
async def open_numbers(upto):
    yield upto


@fetcher(FG)
class Remote:
    @alias("numbers")
    async def items(self, upto):
        yield upto


ways = (numbers, open_numbers & FG, lambda upto: open_numbers(upto) & FG, Remote().items)


async def main():
    for way in ways:
        assert [item async for item in way(3)] == [0, 1, 2]
        assert [item async for item in await way(3)] == [0, 1, 2]
        stream = way(3)
        assert [await anext(stream), await anext(stream)] == [0, 1]
        assert await anext(stream) == 2 and await anext(stream, None) is None
        async with way(10**6) as stream:
            assert await anext(stream) == 0
        async with contextlib.aclosing(way(10**6)) as stream:
            assert await anext(stream) == 0
    assert [item async for item in await (open_numbers(3) & BG)] == [0, 1, 2]
    assert (open_numbers(3) & NO_RETURN) is None


asyncio.run(main())
trio.run(main)
for way in ways:
    assert list(way(3)) == [0, 1, 2]
assert not inspect.isawaitable(numbers)
with mock.patch(f"{__name__}.numbers") as mocked:
    mocked.return_value.__aiter__.return_value = [5]

    async def mocked_main():
        assert [item async for item in numbers(3)] == [5]

    asyncio.run(mocked_main())
g.stop()
