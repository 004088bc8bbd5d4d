"""Results can be awaited in trio."""

import trio
from place import meet_provider, raises, within

from daffi import BG, FG, fetcher

g = meet_provider()


@fetcher(FG)
async def slow_async(seconds, value=None): ...


async def main():
    await g.wait_process_async("provider")
    assert await (g.call.add(1, 2) & BG) == 3
    assert await (g.call.add(1, 2) & FG) == 3
    assert await slow_async(0.1, "x") == "x"
    with raises(TimeoutError):
        await (g.call.slow(1) & BG).get_async(0.05)
    with trio.move_on_after(0.1) as scope:
        await (g.call.slow(1) & BG)
    assert scope.cancelled_caught
    with raises(TimeoutError):
        await g.wait_process_async("nobody", timeout=0.05)

    values = []

    async def one(n):
        values.append(await slow_async(0.2, n))

    with within(3):
        async with trio.open_nursery() as nursery:
            for n in range(20):
                nursery.start_soon(one, n)
    assert sorted(values) == list(range(20))


trio.run(main)
g.stop()
