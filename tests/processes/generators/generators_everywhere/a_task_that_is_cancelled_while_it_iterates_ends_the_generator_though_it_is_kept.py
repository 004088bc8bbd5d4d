"""A task that is cancelled while it iterates ends the generator though it is kept."""

import asyncio

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


@fetcher(FG)
async def waits(): ...


async def main():
    for way in (
        lambda: waits(),
        lambda: g.call.waits() & FG,
        lambda: waits().__aiter__(),
        lambda: g.call.waits().fg(),
    ):
        begun = asyncio.Event()

        async def follow():
            async for _ in way():
                begun.set()

        async def follow_awaited():
            async for _ in await (g.call.waits() & FG):
                begun.set()

        for follow in (follow, follow_awaited):
            task = asyncio.create_task(follow())
            await begun.wait()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
            assert await (g.call.wait_closed() & FG)
            begun.clear()


asyncio.run(main())
g.stop()
