"""An event loop waits as long as it is told and the call goes on."""

import asyncio

import trio
from place import meet_provider, raises, within

from daffi import BG

g = meet_provider()


async def main():
    result = g.call.slow(1, "patience") & BG
    with within(0.9), raises(TimeoutError) as caught:
        await result.get_async(timeout=0.1)
    assert "the call goes on" in str(caught.error)
    assert await result.get_async(timeout=10) == "patience"
    assert await result.get_async(0.001) == "patience"


asyncio.run(main())
trio.run(main)
g.stop()
