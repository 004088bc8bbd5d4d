"""Join async blocks its task until a stop and leaves the loop free."""

import asyncio
import sys
import threading

import trio
from place import meet, within

loop_module = {"asyncio": asyncio, "trio": trio}[sys.argv[1]]
run = trio.run if loop_module is trio else (lambda main: asyncio.run(main()))


async def main():
    g = meet(init_controller=True)
    threading.Timer(0.3, g.stop).start()
    ticks = 0
    ended = False

    async def tick():
        nonlocal ticks
        while not ended:
            ticks += 1
            await loop_module.sleep(0.01)

    async def join():
        nonlocal ended
        await g.join_async()
        ended = True
        assert not g.is_running

    if loop_module is trio:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            nursery.start_soon(join)
    else:
        await asyncio.gather(tick(), join())
    assert ticks > 5, ticks


with within(5):
    run(main)
