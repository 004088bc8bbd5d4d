"""A wait that is handed to what awaits it does not hold up the loop."""

import asyncio
import logging
import sys

import trio
from place import meet_provider

g = meet_provider()
logging.basicConfig(format="%(message)s", stream=sys.stdout)
limit = {"timeout": 5}
process = "provider"


def register(name):
    import daffi

    daffi.callback(daffi.alias(name)(lambda: None))


async def grouped(name):
    async with asyncio.TaskGroup() as group:
        group.create_task(g.wait_function(name, 5))


async def for_each(name):
    await asyncio.gather(*[g.wait_function(each, timeout=5) for each in (name, name)])


ways = (
    lambda name: asyncio.create_task(g.wait_function(name, 5)),
    lambda name: asyncio.ensure_future(g.wait_function(name=name, timeout=5)),
    lambda name: asyncio.gather(g.wait_function(name, 5), g.wait_process(process, 5)),
    lambda name: asyncio.gather(g.wait_process(process, 5), g.wait_function(name, **limit)),
    lambda name: asyncio.gather(*[g.wait_function(each, 5) for each in (name, name)]),
    lambda name: asyncio.gather(*(g.wait_function(each, 5) for each in (name, name))),
    lambda name: asyncio.gather(*(g.wait_function(name, 5), g.wait_process(process, 5))),
    lambda name: asyncio.create_task(
        asyncio.wait_for(g.wait_function(name, 5), timeout=limit["timeout"] + 1)
    ),
    lambda name: asyncio.create_task(asyncio.wait_for(fut=g.wait_function(name, 5), timeout=9)),
    lambda name: asyncio.create_task(grouped(name)),
    lambda name: asyncio.create_task(for_each(name)),
)


async def main():
    for number, way in enumerate(ways):
        waiting = way(f"here_{number}")
        await asyncio.sleep(0)
        await g.transfer_and_call_async(process, register, f"here_{number}")
        await waiting


async def trio_main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(g.wait_function, "in_trio", 5)
        await g.transfer_and_call_async(process, register, "in_trio")


asyncio.run(main())
trio.run(trio_main)
g.stop()
