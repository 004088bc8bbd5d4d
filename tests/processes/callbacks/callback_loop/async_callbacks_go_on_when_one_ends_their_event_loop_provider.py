"""The provider of a test: async callbacks go on when one ends their event loop."""

import asyncio
import sys

from place import meet, stay

from daffi import callback


async def leave():
    sys.exit(3)


@callback
async def stop_the_loop():
    asyncio.get_running_loop().stop()
    return "stopped"


@callback
async def leave_in_a_task():
    task = asyncio.create_task(leave())
    await asyncio.sleep(0.01)
    return "left", task.done()


@callback
async def double(number):
    await asyncio.sleep(0)
    return number * 2


stay(meet(process_name="provider"))
