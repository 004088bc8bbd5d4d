"""Async fetchers stream."""

import asyncio

import trio
from place import meet_provider

from daffi import STREAM, fetcher

g = meet_provider()


@fetcher(STREAM)
async def take(item): ...


@fetcher(STREAM, args_from_body=True)
async def take_two(upto):
    for number in range(upto):
        yield number, "x"


async def main():
    assert await take([1, 2]) is None
    assert await take_two(1) is None


asyncio.run(main())
trio.run(main)
assert g.call.taken().fg() == [1, 2, [0, "x"]] * 2
g.stop()
