"""A value that is used where it could be awaited is no warning."""

import asyncio

from place import meet_provider, slowdown
from showing import show

from daffi import FG, fetcher

g = meet_provider()
show()


@fetcher(FG)
async def slow(length, value): ...


async def main():
    # Not before it is asked for the first time, which takes a moment.
    assert slow(0.1 * slowdown(), 7) + 1 == 8


asyncio.run(main())
g.stop()
