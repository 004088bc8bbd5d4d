"""A cancelled task ends its stream."""

import asyncio
import itertools

import trio
from place import meet_provider, raises

from daffi import FG, STREAM

g = meet_provider()
closed = []


def endless():
    try:
        yield from itertools.count()
    finally:
        closed.append(True)


held = [endless(), endless()]  # closed at once, not when they are collected


async def main():
    task = asyncio.ensure_future(g.call.take(held[0]) & STREAM)
    while not (await (g.call.taken() & FG)):
        pass
    task.cancel()
    with raises(asyncio.CancelledError):
        await task


async def main_of_trio():
    with trio.move_on_after(0.2) as scope:
        await (g.call.take(held[1]) & STREAM)
    assert scope.cancelled_caught


asyncio.run(main())
trio.run(main_of_trio)
assert closed == [True, True]
# Nothing comes any more.
before = len(g.call.taken().fg())
assert len(g.call.taken().fg()) == before
g.stop()
