"""The provider of a test: other calls stay on the loop that is held up."""

import asyncio
import threading

from place import meet, stay

from daffi import FG, callback, fetcher

loops = []
began = threading.Event()


@fetcher(FG)
def slow_elsewhere(): ...


@callback
async def holds():
    loops.append(asyncio.get_running_loop())
    began.set()
    slow_elsewhere()


@callback
async def beside():
    loops.append(asyncio.get_running_loop())


@callback
def has_begun():
    return began.wait(10)


@callback
def how_many_loops():
    return len(loops), len(set(loops))


g = meet(process_name="provider")
stay(g)
