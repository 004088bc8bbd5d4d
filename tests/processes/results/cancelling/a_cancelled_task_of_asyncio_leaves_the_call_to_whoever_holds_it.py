"""A cancelled task of asyncio leaves the call to whoever holds it."""

import asyncio

from place import meet_provider, raises

from daffi import BG

g = meet_provider()


async def main():
    result = g.call.slow_async(0.3, "done") & BG
    waiting = asyncio.ensure_future(result.get_async())
    await asyncio.sleep(0)
    waiting.cancel()
    with raises(asyncio.CancelledError):
        await waiting
    return result


result = asyncio.run(main())
assert result.get() == "done"
g.stop()
