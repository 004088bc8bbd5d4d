"""In trio a stream that was cancelled counts as cancelled ever after."""

import contextvars

import trio
from place import meet_provider, raises

from daffi import STREAM, CallCancelled

g = meet_provider()
mine = contextvars.ContextVar("mine", default="nothing")
seen = []


async def slow():
    seen.append(mine.get())
    while True:
        yield "item"
        await trio.sleep(0.01)


async def main():
    mine.set("mine")
    stream = g.call.take(slow()) & STREAM
    with trio.move_on_after(0.2):
        await stream
    with raises(CallCancelled):
        await stream
    assert seen == ["mine"]


trio.run(main)
g.stop()
