"""The provider of a test: a child that awaits ends and runs nothing else."""

import asyncio
import os
import warnings

from place import meet, stay

from daffi import callback

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
parent = os.getpid()


@callback
async def ticks():
    while True:
        await asyncio.sleep(0)
        if os.getpid() != parent:
            print("a step of another", flush=True)


@callback
async def forks():
    await asyncio.sleep(0.05)  # so that the others tick
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    await asyncio.sleep(0)
    print("the child goes on", flush=True)


@callback
async def forks_in_a_task():
    async def task():
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    return await asyncio.create_task(task())


g = meet(process_name="provider")
stay(g)
