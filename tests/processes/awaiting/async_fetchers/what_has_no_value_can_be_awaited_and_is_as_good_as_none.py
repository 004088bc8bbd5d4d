"""What has no value can be awaited and is as good as none."""

import asyncio
import sys

import trio
from place import meet_provider, spelled

from daffi import fetcher

modifier = spelled(sys.argv[1])
g = meet_provider()


@fetcher(modifier)
async def echo(value): ...


@fetcher
async def slow(seconds): ...


async def main():
    assert await echo(1) is None
    assert await (slow(0) & modifier) is None
    assert await asyncio.gather(asyncio.wait_for(awaited(2), 5)) == [None]
    echo(3)
    given = echo(4)
    assert not given and given == None and not given != None, given
    print(given)
    assert await g.call.echo([given]).fg() == [None]


async def awaited(value):
    return await echo(value)


async def in_trio():
    assert await echo(6) is None


asyncio.run(main())
trio.run(in_trio)
echo(7)
g.stop()
