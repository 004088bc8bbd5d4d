"""What a producer yields before it fails is taken."""

import asyncio
import sys

from place import meet_provider, raises

from daffi import STREAM

way = sys.argv[1]
g = meet_provider()


def lines(count):
    yield from range(count)
    raise OSError("the disk is gone")


async def async_lines(count):
    for number in range(count):
        yield number
    raise OSError("the disk is gone")


async def send(items):
    await (g.call.take(items) & STREAM)


def stream(count):
    if way == "def":
        g.call.take(lines(count)) & STREAM
    elif way == "async def":
        asyncio.run(send(lines(count)))
    else:
        asyncio.run(send(async_lines(count)))


so_far = 0
for count in (1, 5, 500) * 3:
    with raises(OSError):
        stream(count)
    so_far += count
    assert len(g.call.taken().fg()) == so_far, count
g.stop()
