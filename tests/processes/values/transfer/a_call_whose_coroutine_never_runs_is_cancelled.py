"""A call whose coroutine never runs is cancelled."""

import asyncio
import warnings

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


async def main():
    task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
    task.cancel()
    with raises(asyncio.CancelledError):
        await task
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        g.transfer_and_call_async("provider", ends).close()
        g.transfer_and_call_async("provider", ends)


with within(10):
    asyncio.run(main())
    while g.transfer_and_call("provider", how_many_run):
        pass
g.stop()
