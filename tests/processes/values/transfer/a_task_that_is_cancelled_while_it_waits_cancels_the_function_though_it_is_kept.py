"""A task that is cancelled while it waits cancels the function though it is kept."""

import asyncio
import gc

from place import meet_provider

g = meet_provider()
gc.disable()


async def ends():
    import asyncio

    import daffi

    begun, ended = daffi.__dict__.setdefault("of_test", (asyncio.Event(), asyncio.Event()))
    begun.set()
    try:
        await asyncio.Event().wait()
    finally:
        ended.set()


async def wait(index):
    import asyncio

    import daffi

    events = daffi.__dict__.setdefault("of_test", (asyncio.Event(), asyncio.Event()))
    await asyncio.wait_for(events[index].wait(), 10)


async def main():
    task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
    await g.transfer_and_call_async("provider", wait, 0)
    task.cancel()
    await asyncio.wait([task])
    await g.transfer_and_call_async("provider", wait, 1)
    assert task.cancelled()


asyncio.run(main())
g.stop()
