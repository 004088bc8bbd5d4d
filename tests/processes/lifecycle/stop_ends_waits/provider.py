"""The process called provider in test_stop_ends_waits.py."""

import asyncio
import threading

from place import meet, stay

from daffi import callback


@callback
def hold():
    threading.Event().wait()


@callback
async def hold_async():
    await asyncio.Event().wait()


@callback
def add(a, b):
    return a + b


@callback
def fail():
    raise LookupError("always")


@callback
def take(item):
    threading.Event().wait()


@callback
def endless():
    number = 0
    while True:
        yield number
        number += 1


g = meet(process_name="provider")
stay(g)
