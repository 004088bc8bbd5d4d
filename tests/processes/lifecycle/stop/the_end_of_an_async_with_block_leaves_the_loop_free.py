"""The end of an async with block leaves the loop free."""

import asyncio
import threading
import time

from place import meet, meet_provider

from daffi import NO_RETURN, callback

g = meet_provider()
g.stop()
napping = threading.Event()


@callback
def nap():
    napping.set()
    time.sleep(0.5)  # the stop waits for it


async def main():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async with meet(process_name="modern") as g:
        await g.wait_process_async("provider", timeout=10)
        g.call.nap_over_there() & NO_RETURN
        await asyncio.to_thread(napping.wait)
        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
    ticking.cancel()
    assert ticks > 5, ticks


asyncio.run(main())
