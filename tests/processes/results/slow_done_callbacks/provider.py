"""The process called provider in test_slow_done_callbacks.py."""

import threading
import time

from place import meet, stay

from daffi import callback

is_open = threading.Event()


@callback(at_once=1)
def gated(number):
    is_open.wait(30)
    return number


@callback
async def open():
    is_open.set()


@callback
def slow(length, value=None):
    time.sleep(length)  # being slow is what it is for
    return value


@callback
def fail():
    raise LookupError("it")


@callback
async def count(n):
    import asyncio

    for number in range(n):
        await asyncio.sleep(0.05)
        yield number


stay(meet(process_name="provider"))
