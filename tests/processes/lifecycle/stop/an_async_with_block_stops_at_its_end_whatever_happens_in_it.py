"""An async with block stops at its end whatever happens in it."""

import asyncio

import trio
from place import meet, meet_provider, raises

from daffi import BG

g = meet_provider()
g.stop()


async def main():
    async with meet(process_name="modern") as g:
        await g.wait_process_async("provider", timeout=10)
        assert await (g.call.add(1, 2) & BG) == 3
    assert not g.is_running
    with raises(LookupError):
        async with meet(process_name="modern") as g:
            raise LookupError
    assert not g.is_running


asyncio.run(main())
trio.run(main)
