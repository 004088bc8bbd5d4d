"""A cancelled task cancels the function."""

import asyncio

from place import meet_provider, raises

g = meet_provider()


async def hold():
    import asyncio
    import sys

    sys.holding = True
    try:
        await asyncio.Event().wait()
    finally:
        print("let go", flush=True)


def is_held():
    import sys

    return hasattr(sys, "holding")


async def main():
    task = asyncio.create_task(g.transfer_and_call_async("provider", hold))
    while not await g.transfer_and_call_async("provider", is_held):
        await asyncio.sleep(0.01)
    task.cancel()
    with raises(asyncio.CancelledError):
        await task


asyncio.run(main())
g.stop()
