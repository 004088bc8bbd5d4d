"""A policy holds for awaited calls."""

import asyncio

import trio
from place import meet_provider, raises

from daffi import BG, FG, RetryPolicy, fetcher

g = meet_provider()
policy = RetryPolicy(KeyError, stop_after_attempt=3, wait="100ms")


@fetcher(FG(retry_policy=policy))
async def flaky(good_run): ...


async def main():
    assert await flaky(3) == 3
    g.call.reset().bg().get()
    assert await (g.call.flaky(3) & FG(retry_policy=policy)) == 3
    g.call.reset().bg().get()
    assert await (g.call.flaky(3) & BG(retry_policy=policy)) == 3
    g.call.reset().bg().get()
    with raises(KeyError):
        await flaky(4)
    g.call.reset().bg().get()


asyncio.run(main())
trio.run(main)
g.stop()
