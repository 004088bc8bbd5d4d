"""An async fetcher is tried again while it is awaited."""

import asyncio

from place import meet_provider, raises

from daffi import FG, RetryPolicy, fetcher

g = meet_provider()
policy = RetryPolicy(KeyError, stop_after_attempt=5, wait="1ms")


@fetcher(FG(retry_policy=policy))
async def flaky(good_run): ...


async def main():
    assert await flaky(3) == 3
    await g.call.reset().fg()
    assert flaky(2) == 2
    await g.call.reset().fg()
    with raises(KeyError):
        await flaky(9)


asyncio.run(main())
assert g.call.reset().fg() == 5
g.stop()
