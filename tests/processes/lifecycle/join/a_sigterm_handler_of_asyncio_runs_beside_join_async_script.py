"""The script of a test: a sigterm handler of asyncio runs beside join async."""

import asyncio
import os
import signal

from place import meet, within


async def main():
    g = meet(init_controller=True)
    came = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, came.set)
    joined = asyncio.create_task(g.join_async())
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await joined
    await came.wait()


with within(5):
    asyncio.run(main())
