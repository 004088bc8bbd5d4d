"""An event loop that ended before its calls leaves nothing behind."""

import asyncio
import gc
import os

from place import meet_provider, raises

from daffi import BG

g = meet_provider()


async def give_up():
    with raises(asyncio.TimeoutError):
        await asyncio.wait_for((g.call.slow(5) & BG).get_async(), 0.001)


asyncio.run(give_up())
gc.collect()
before = len(os.listdir("/proc/self/fd"))
for _ in range(50):
    asyncio.run(give_up())
gc.collect()
assert len(os.listdir("/proc/self/fd")) <= before + 2
g.stop()
