"""An item of a stream is what it was when it was given."""

import asyncio

import numpy as np
from place import meet_provider

from daffi import FG, STREAM

g = meet_provider()
array = np.empty(100_000)


def produce(first):
    for number in range(first, first + 50):
        array[:] = number
        yield array


async def awaited():
    await (g.call.take(produce(50)) & STREAM)


g.call.take(produce(0)) & STREAM
asyncio.run(awaited())
assert (g.call.taken() & FG) == [(number, number, 100_000) for number in range(100)]
g.stop()
