"""A process whose calls take as long as one likes, by the name that it is given."""

import asyncio
import ctypes
import sys
import threading

from place import meet

from daffi import callback


@callback
def hold(item=None):
    threading.Event().wait()


@callback
async def hold_async():
    await asyncio.Event().wait()


@callback
def count():
    yield 1
    threading.Event().wait()


@callback
def slowly(seconds):
    # In C, with the interpreter's lock held: no Python runs here meanwhile.
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))
    return "done"


g = meet(process_name=sys.argv[1])
print("ready", g.port, flush=True)
g.join()
