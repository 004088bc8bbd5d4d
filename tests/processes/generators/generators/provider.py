"""What the tests of generators call; with `relayed` everything goes through the controller."""

import asyncio
import os
import sys
import threading

from place import meet, stay

from daffi import callback

made = 0
closed = threading.Semaphore(0)


@callback
def numbers(upto):
    yield from range(upto)


@callback
async def numbers_async(upto):
    for number in range(upto):
        if number % 1000 == 0:
            await asyncio.sleep(0)
        yield number


@callback
def endless(size=100):
    global made
    made = 0
    try:
        while True:
            made += 1
            yield bytes(size)
    finally:
        print("closed", flush=True)
        closed.release()


@callback
async def endless_async():
    try:
        yield "first"
        await asyncio.Event().wait()
    finally:
        print("closed", flush=True)
        closed.release()


@callback
def breaks(after):
    yield from range(after)
    raise LookupError("nothing left")


@callback
async def breaks_async(after):
    for number in range(after):
        yield number
    raise LookupError("nothing left")


@callback
def large():
    for number in range(5):
        yield bytes(1_000_000)
        yield number


@callback
def unsendable():
    yield 1
    yield threading.Lock()


@callback
def prompt():
    yield "now"
    threading.Event().wait(20)
    yield "much later"


@callback
def how_many():
    return made


@callback
def wait_closed():
    return closed.acquire(timeout=10)


@callback
def pid():
    return os.getpid()


settings = {"direct": False} if sys.argv[1:] == ["relayed"] else {}
g = meet(process_name="provider", **settings)
stay(g)
