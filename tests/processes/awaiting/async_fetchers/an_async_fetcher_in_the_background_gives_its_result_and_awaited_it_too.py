"""An async fetcher in the background gives its result and awaited it too."""

import asyncio

import trio
from place import meet_provider, raises

from daffi import BG, AsyncResult, fetcher

g = meet_provider()


@fetcher(BG(timeout=10))
async def add(a, b): ...


@fetcher(BG)
async def fail(message): ...


async def main():
    result = await add(1, 2)
    assert isinstance(result, AsyncResult) and await result == 3 and await result == 3
    assert await (await add(1, 2, __exec_modifier__=BG)) == 3
    # Its first await gives itself, whatever was done before.
    unawaited = add(3, 4)
    assert unawaited.get() == 7 and await unawaited is unawaited and await unawaited == 7
    failed = await fail("no number")
    with raises(ValueError):
        await failed
    # That of a call by name is the value's, as always.
    assert await (g.call.add(1, 2) & BG) == 3


async def several():
    first, second = await asyncio.gather(add(1, 2), asyncio.wait_for(add(3, 4), 5))
    assert (await first, await second) == (3, 7)
    done, _ = await asyncio.wait([add(1, 2)])
    assert [result.get() for result in done] == [3]


asyncio.run(main())
trio.run(main)
asyncio.run(several())
assert add(1, 2).get() == 3
g.stop()
