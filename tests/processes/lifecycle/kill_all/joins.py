"""A process that joins in one way, until it is ended: `joins`, in asyncio, or in trio."""

import asyncio
import sys

import trio
from place import meet


def joins():
    g = meet(process_name="joins")
    print("up", flush=True)
    g.join()
    return g


async def joins_async(name):
    g = meet(process_name=name)
    print("up", flush=True)
    await g.join_async()
    return g


if sys.argv[1] == "joins":
    g = joins()
elif sys.argv[1] == "joins_in_asyncio":
    g = asyncio.run(joins_async("joins_in_asyncio"))
else:
    g = trio.run(joins_async, "joins_in_trio")
assert not g.is_running
print("left", flush=True)
