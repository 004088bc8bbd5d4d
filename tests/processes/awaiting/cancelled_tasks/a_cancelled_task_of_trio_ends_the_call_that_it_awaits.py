"""A cancelled task of trio ends the call that it awaits."""

import sys

import trio
from fetchers import fetchers
from place import meet_provider, within

name = sys.argv[1]
g = meet_provider()


async def main():
    async with trio.open_nursery() as nursery:

        async def awaits():
            await fetchers[name]("told")

        nursery.start_soon(awaits)
        while g.call.now_running().fg(timeout=10) == 0:
            await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    while g.call.now_running().fg(timeout=10) > 0:
        await trio.sleep(0.01)


with within(10):
    trio.run(main)
g.stop()
