"""A done callback is called in the loop that added it."""

import asyncio
import contextvars
import threading

from place import meet_provider

from daffi import BG

g = meet_provider()
who = contextvars.ContextVar("who")


async def main():
    who.set("main")
    told = asyncio.Event()
    seen = []

    def done(result):
        seen.append((threading.current_thread(), who.get(), result.get()))
        told.set()

    (g.call.slow(0.1, "value") & BG).add_done_callback(done)
    await told.wait()
    assert seen == [(threading.current_thread(), "main", "value")]


asyncio.run(main())
g.stop()
