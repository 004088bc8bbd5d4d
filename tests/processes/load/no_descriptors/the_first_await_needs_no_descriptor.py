"""The first await needs no descriptor: in which way it awaits, and in which loop."""

import asyncio
import os
import resource
import sys

import trio
from place import meet

from daffi import BG, BROADCAST, FG, fetcher

g = meet(process_name="caller")
g.wait_process("provider", timeout=20)


@fetcher(FG)
async def slow(length, value): ...


assert g.call.add(1, 2) & FG == 3  # the link is there


def use_up():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return taken


async def of_broadcast():
    values = await (g.call.slow(0.2, 7) & BROADCAST(return_result=True))
    return values["provider"]


AWAITS = {
    "result": lambda: g.call.slow(0.2, 7) & BG,
    "call": lambda: g.call.slow(0.2, 7) & FG,
    "with a limit": lambda: (g.call.slow(0.2, 7) & BG).get_async(timeout=20),
    "async fetcher": lambda: slow(0.2, 7),
    "broadcast": of_broadcast,
}


async def main():
    taken = use_up()
    try:
        value = await AWAITS[sys.argv[1]]()
    finally:
        for descriptor in taken:
            os.close(descriptor)
    assert value == 7, value


asyncio.run(main()) if sys.argv[2] == "asyncio" else trio.run(main)
g.stop()
