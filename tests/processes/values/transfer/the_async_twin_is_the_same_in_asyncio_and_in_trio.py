"""The async twin is the same in asyncio and in trio."""

import asyncio

import trio
from place import meet_provider, raises

from daffi import InitializationError, RemoteCallError

g = meet_provider()


async def later(a, *, b):
    return a, b


async def main():
    there = g.transfer_and_call_async
    assert await there("provider", lambda a, *, b: (a, b), 1, b=2) == (1, 2)
    assert await there("provider", later, 1, b=2) == (1, 2)
    for node, func in (("nobody", later), ("caller", later), ("provider", 5)):
        with raises(InitializationError):
            await there(node, func)
    with raises(ValueError) as caught:
        await there("provider", int, "x")
    assert isinstance(caught.error, RemoteCallError)


asyncio.run(main())
trio.run(main)
g.stop()
