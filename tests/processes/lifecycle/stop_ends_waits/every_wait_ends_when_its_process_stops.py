"""Every wait ends when its process stops."""

import asyncio
import threading
import time

import trio
from place import meet_provider, within

from daffi import BG, FG, STREAM, DaffiError, RetryPolicy

g = meet_provider()


async def awaited(make):
    return await make()


ended = {}


def forever():
    threading.Event().wait()


# What a thread waits in when its process stops.
WAITS = {
    "call": lambda: g.call.hold() & FG,
    "result": lambda: (g.call.hold() & BG).get(),
    "delayed call": lambda: (g.call.add(1, 2) & BG(eta=1000)).get(),
    "retry": lambda: (
        g.call.fail() & FG(retry_policy=RetryPolicy(LookupError, stop_after_attempt=9, wait=1000))
    ),
    "retry of any error": lambda: (
        g.call.hold() & FG(retry_policy=RetryPolicy(stop_after_attempt=9, wait=1000))
    ),
    "retry at once": lambda: (
        g.call.hold() & FG(retry_policy=RetryPolicy(stop_after_delay=1000, wait=0))
    ),
    "retry in the background": lambda: (
        g.call.fail() & BG(retry_policy=RetryPolicy(stop_after_delay=9000, wait=1000))
    ).get(),
    "stream": lambda: g.call.take(iter(int, 1)) & STREAM,
    "generator": lambda: [None for _ in g.call.endless() & FG],
    "transferred function": lambda: g.transfer_and_call("provider", forever),
    "wait for a process": lambda: g.wait_process("nobody"),
    "wait for a function": lambda: g.wait_function("nobody"),
    "awaited call": lambda: asyncio.run(awaited(lambda: g.call.hold_async() & FG)),
    "awaited result": lambda: asyncio.run(awaited(lambda: g.call.hold() & BG)),
    "awaited in trio": lambda: trio.run(awaited, lambda: g.call.hold() & BG),
    "awaited process": lambda: asyncio.run(awaited(lambda: g.wait_process_async("nobody"))),
    "awaited function": lambda: trio.run(awaited, lambda: g.wait_function_async("nobody")),
}


def wait(name, waits):
    try:
        ended[name] = waits()
    except DaffiError as error:
        ended[name] = error


threads = [
    threading.Thread(target=wait, args=item, name=item[0], daemon=True) for item in WAITS.items()
]
for thread in threads:
    thread.start()
# Long enough for the waits to be under way; one that is not yet ends in the same manner.
time.sleep(0.5)
assert not ended, ended
with within(5):
    g.stop()
    for thread in threads:
        thread.join(5)
assert not WAITS.keys() - ended.keys(), WAITS.keys() - ended.keys()
for name, error in ended.items():
    assert isinstance(error, DaffiError), (name, error)
