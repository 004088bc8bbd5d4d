"""A wait without a limit warns after some seconds."""

import asyncio
import sys
import threading

import trio
from place import meet

g = meet(process_name="caller")
g.wait_process("provider")
_, wait, name = sys.argv
waits, waits_async = getattr(g, wait), getattr(g, f"{wait}_async")
attempts = (
    lambda: waits(name),
    lambda: waits(name, 0),
    lambda: asyncio.run(waits_async(name)),
    lambda: trio.run(waits_async, name),
)
for attempt in attempts:
    threading.Thread(target=attempt, daemon=True).start()
g.join()
