"""In asyncio a stream is awaited."""

import asyncio

from place import meet_provider, raises

from daffi import FG, STREAM

g = meet_provider()


async def source():
    for number in range(3000):
        yield number


async def main():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    assert await (g.call.take(source()) & STREAM) is None
    assert await (g.call.take(range(3000, 4000)) & STREAM) is None
    ticking.cancel()
    assert ticks > 1
    with raises(TimeoutError):
        await (g.call.take_when_let(range(10_000)) & STREAM(timeout=0.3))


asyncio.run(main())
assert (g.call.count_and_check() & FG) == 4000
g.call.let() & FG
g.stop()
