"""The process called provider in test_error_tree.py."""

import os
import sys
import threading

from place import meet, stay

from daffi import callback


@callback
def add(a, b):
    return a + b


@callback
def hold():
    print("holding\n", end="", flush=True)
    threading.Event().wait()


@callback
def die():
    os._exit(3)


@callback
def fail():
    raise KeyError("missing")


@callback
async def fail_async():
    raise KeyError("missing")


@callback
async def fail_below():
    await fail_async()


@callback
def unsendable():
    return [threading.Lock()]


@callback
async def unsendable_async():
    return [threading.Lock()]


g = meet(process_name=sys.argv[1] if len(sys.argv) > 1 else "provider")
stay(g)
