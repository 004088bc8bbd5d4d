"""A loop has its turns while items come without a wait."""

import asyncio
import time

import trio
from place import meet_provider

from daffi import STREAM

g = meet_provider()


def busy():
    for item in range(20):
        began = time.monotonic()
        while time.monotonic() - began < 0.006:
            pass
        yield item


async def busy_async():
    for item in busy():
        yield item


async def count_turns(turns, sleep):
    while True:
        turns.append(1)
        await sleep(0)


async def in_asyncio():
    for items in (busy(), busy_async()):
        turns = []
        counting = asyncio.create_task(count_turns(turns, asyncio.sleep))
        await (g.call.take(items) & STREAM)
        counting.cancel()
        assert len(turns) >= 20, len(turns)


async def in_trio():
    for items in (busy(), busy_async()):
        turns = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(count_turns, turns, trio.sleep)
            await (g.call.take(items) & STREAM)
            nursery.cancel_scope.cancel()
        assert len(turns) >= 20, len(turns)


asyncio.run(in_asyncio())
trio.run(in_trio)
g.stop()
