"""A process whose callbacks run until they are cancelled, and say so."""

import asyncio
import threading

from place import meet, stay

import daffi
from daffi import callback

running: list[str] = []
begun: list[str] = []


@callback
def now_running():
    return len(running)


@callback
def begun_so_far():
    return len(begun)


@callback
def until_cancelled(said):
    begun.append(said)
    running.append(said)
    while not daffi.cancelled():
        threading.Event().wait(0.005)
    print(said, flush=True)
    running.remove(said)


@callback
async def until_cancelled_async(said):
    begun.append(said)
    running.append(said)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print(said, flush=True)
        running.remove(said)
        raise


@callback
def time_left_of(seconds):
    return daffi.cancelled()


g = meet(process_name="provider")
stay(g)
