"""The provider of a test: what would end a run of trio ends that call alone."""

import sys

import trio
from place import meet

from daffi import callback


@callback
async def exit_async():
    sys.exit(3)


@callback
async def interrupt_async():
    raise KeyboardInterrupt


@callback
async def add(a, b):
    return a + b


async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()


trio.run(main)
