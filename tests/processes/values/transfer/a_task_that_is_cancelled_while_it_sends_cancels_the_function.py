"""A task that is cancelled while it sends cancels the function."""

import asyncio

from place import meet_provider, raises, within

g = meet_provider()


async def ends():
    import daffi

    started = daffi.__dict__.setdefault("started_by_test", [])
    started.append(asyncio.current_task())
    await asyncio.sleep(60)


async def how_many_run():  # on the same event loop, and so begins after them
    import daffi

    return sum(not task.done() for task in daffi.__dict__.get("started_by_test", []))


kept = []


async def main():
    for _ in range(10):
        task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
        await asyncio.sleep(0)
        task.cancel()
        with raises(asyncio.CancelledError) as caught:
            await task
        kept.append(caught.error)  # with its frames, which must not keep the call


with within(10):
    asyncio.run(main())
    while g.transfer_and_call("provider", how_many_run):
        pass
g.stop()
