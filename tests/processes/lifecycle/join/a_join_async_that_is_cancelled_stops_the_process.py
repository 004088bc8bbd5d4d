"""A join async that is cancelled stops the process."""

import asyncio
import sys

import trio
from place import meet, within

loop_module = {"asyncio": asyncio, "trio": trio}[sys.argv[1]]
run = trio.run if loop_module is trio else (lambda main: asyncio.run(main()))


async def main():
    g = meet(init_controller=True)
    if loop_module is trio:
        with trio.move_on_after(0.1):
            await g.join_async()
    else:
        try:
            async with asyncio.timeout(0.1):
                await g.join_async()
        except OSError:  # what TimeoutError is
            pass
    return g


with within(5):
    g = run(main)
    # It comes back when the process is stopped.
    g.join()
assert not g.is_running
