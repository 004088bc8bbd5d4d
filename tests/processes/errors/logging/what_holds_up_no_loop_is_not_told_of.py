"""What holds up no loop is not told of."""

import asyncio
import logging

from place import meet_provider
from showing import show

from daffi import BG, FG, fetcher

g = meet_provider()
show(logging.DEBUG)


@fetcher(FG)
def add(a, b): ...


@fetcher(FG)
async def awaited(a, b): ...


async def main():
    assert await asyncio.to_thread(add, 1, 2) == 3
    result = g.call.add(1, 2) & BG
    while not result.ready:
        await asyncio.sleep(0.001)
    assert result.get() == 3  # it is there
    assert await (g.call.add(1, 2) & FG) == 3
    await g.wait_process_async("provider")
    # A cell of a notebook: it runs in a loop, and may wait.
    exec(compile("assert add(1, 2) == 3", "cell", "exec"), {"add": add})


asyncio.run(main())
g.stop()
