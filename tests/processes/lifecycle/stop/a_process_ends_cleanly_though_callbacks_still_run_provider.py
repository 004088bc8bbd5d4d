"""The provider of a test: a process ends cleanly though callbacks still run."""

import asyncio
import threading
import time

from place import meet

from daffi import callback

both = threading.Barrier(3)


@callback
def sleep_long():
    both.wait()
    time.sleep(30)  # longer than the process may take to end


@callback
async def sleep_long_too():
    await asyncio.to_thread(both.wait)
    await asyncio.sleep(30)


g = meet(process_name="provider")
print("ready", g.port, flush=True)
both.wait()
