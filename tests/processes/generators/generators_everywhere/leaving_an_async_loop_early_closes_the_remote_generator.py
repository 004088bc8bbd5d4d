"""Leaving an async loop early closes the remote generator."""

import asyncio
import gc

import trio
from place import meet_provider

from daffi import FG

g = meet_provider()


async def main():
    for name in ("endless", "endless_async"):
        async for item in await (getattr(g.call, name)() & FG):
            break
        gc.collect()
        assert await (g.call.wait_closed() & FG)

        stream = await (getattr(g.call, name)() & FG)
        await anext(stream)
        stream.close()
        assert await (g.call.wait_closed() & FG)
        assert [item async for item in stream] == []


asyncio.run(main())
trio.run(main)
g.stop()
