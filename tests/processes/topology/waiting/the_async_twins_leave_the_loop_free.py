"""The async twins leave the loop free."""

import asyncio

from place import meet_provider, raises

g = meet_provider()


async def main():
    waiting = asyncio.ensure_future(g.wait_process_async("nobody", timeout=0.3))
    ticks = 0
    while not waiting.done():
        await asyncio.sleep(0.01)
        ticks += 1
    with raises(TimeoutError):
        await waiting
    assert ticks > 5
    await g.wait_function_async("add")


asyncio.run(main())
g.stop()
