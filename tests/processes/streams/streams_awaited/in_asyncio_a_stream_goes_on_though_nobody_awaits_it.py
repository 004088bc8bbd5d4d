"""In asyncio a stream goes on though nobody awaits it."""

import asyncio

from place import meet_provider, within

from daffi import FG, STREAM, fetcher

g = meet_provider()


@fetcher(STREAM)
async def take(item): ...


async def main():
    take(range(100))
    with within(10):
        while len(await (g.call.taken() & FG)) < 100:
            pass


asyncio.run(main())
assert g.call.taken().fg() == list(range(100))
g.stop()
