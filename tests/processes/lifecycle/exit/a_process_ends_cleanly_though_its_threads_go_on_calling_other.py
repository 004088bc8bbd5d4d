"""The other process of a test: a process ends cleanly though its threads go on calling."""

import asyncio
import threading
import time

from place import meet

from daffi import FG, DaffiError

g = meet(process_name="caller")
g.wait_process("provider", timeout=10)


def calls():
    while True:
        try:
            g.call.echo(1) & FG
        except DaffiError:
            pass


async def awaits():
    while True:
        try:
            await (g.call.echo(1) & FG)
        except DaffiError:
            await asyncio.sleep(0)


async def several():
    await asyncio.gather(*(awaits() for _ in range(5)))


for target in (calls, calls, lambda: asyncio.run(several()), lambda: asyncio.run(several())):
    threading.Thread(target=target, daemon=True).start()
time.sleep(0.1)  # so that they are in the middle of it
