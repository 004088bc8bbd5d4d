"""An async wait that is cancelled ends at once and so does its loop."""

import asyncio

import trio
from place import meet_provider, within

g = meet_provider()


async def in_asyncio(wait):
    task = asyncio.ensure_future(wait("nobody"))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def in_trio(wait):
    with trio.move_on_after(0.05) as scope:
        await wait("nobody")
    assert scope.cancelled_caught


with within(3):
    for wait in (g.wait_process_async, g.wait_function_async):
        asyncio.run(in_asyncio(wait))
        trio.run(in_trio, wait)
g.stop()
