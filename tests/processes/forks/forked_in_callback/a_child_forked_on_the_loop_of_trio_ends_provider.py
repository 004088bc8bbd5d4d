"""The provider of a test: a child forked on the loop of trio ends."""

import os
import warnings

import trio
from place import meet

from daffi import callback

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


@callback
async def forks(how):
    await trio.sleep(0)
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if how == "raise":
        raise RuntimeError("raised in the child")
    if how == "await":
        await trio.sleep(0)
    return "of the child"


async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()


trio.run(main)
