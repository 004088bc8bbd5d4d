"""An async wait that is cancelled leaves no thread."""

import asyncio
import threading
import time

from place import meet_provider, within

g = meet_provider()


async def main():
    for wait in (g.wait_process_async, g.wait_function_async):
        task = asyncio.ensure_future(wait("nobody"))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])


asyncio.run(main())
with within(5):
    while any(thread.name == "daffi-wait" for thread in threading.enumerate()):
        time.sleep(0.01)  # nothing tells of the end of a thread that is not ours
g.stop()
