"""An event loop goes on while it calls a frozen process: in which way, and whether it has called it before."""

import asyncio
import sys

from freezing import frozen
from place import meet

from daffi import BG, BROADCAST, FG, NO_RETURN, fetcher

_, way, first, length = sys.argv[1:]
length = int(length)
g = meet()
g.wait_process("provider")


@fetcher(FG)
async def size(value): ...


async def everywhere(argument):
    values = await (g.call.size(argument) & BROADCAST(return_result=True))
    return values["provider"]


WAYS = {
    "awaited by name": lambda argument: g.call.size(argument) & FG,
    "awaited": lambda argument: size(argument),
    "in the background": lambda argument: g.call.size(argument) & BG,
    "with a limit": lambda argument: g.call.size(argument) & FG(timeout=60),
    "everywhere": everywhere,
}


async def call(argument):
    return await WAYS[way](argument)


async def main():
    if first == "met":
        await size(b"")
    print("freeze", flush=True)
    while not frozen():
        await asyncio.sleep(0.01)
    task = asyncio.ensure_future(call(bytes(length)))
    for _ in range(20):
        await asyncio.sleep(0)
    g.call.note(bytes(length)) & NO_RETURN
    # Only now may the provider go on: a loop that was held up would not come here.
    print("made", flush=True)
    assert await task == length
    while [len(value) for value in await (g.call.noted() & FG)] != [length]:
        pass


asyncio.run(main())
g.stop()
