"""The worker of a test: a callback that a stop waits for no longer is told."""

import asyncio
import threading
import time

from place import meet

import daffi
from daffi import callback

over = threading.Semaphore(0)


@callback
def loops():
    print("one began", flush=True)
    while not daffi.cancelled():
        time.sleep(0.01)  # asked now and then, as a callback does
    print("told", flush=True)
    over.release()


@callback
async def waits():
    print("other began", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        over.release()
        raise


with meet(process_name="worker") as g:
    print("ready", flush=True)
    g.join()
both = over.acquire(timeout=20) and over.acquire(timeout=20)
print("both were told" if both else "not both were told", flush=True)
