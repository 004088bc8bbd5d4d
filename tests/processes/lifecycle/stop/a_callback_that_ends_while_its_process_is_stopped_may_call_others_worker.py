"""The worker of a test: a callback that ends while its process is stopped may call others."""

import asyncio
import time

from place import meet, stay

from daffi import BG, FG, NO_RETURN, callback


@callback
def finish():
    print("one began", flush=True)
    while g.is_running:
        time.sleep(0.01)  # no event tells that it takes no more calls
    g.call.add(1, 1) & NO_RETURN
    result = g.call.add(2, 2) & BG
    return (g.call.add(1, 2) & FG) + result.get()


@callback
async def finish_async():
    print("other began", flush=True)
    while g.is_running:
        await asyncio.sleep(0.01)  # as above
    g.call.add(1, 1) & NO_RETURN
    return await (g.call.add(1, 2) & FG) + await g.transfer_and_call_async("provider", abs, -4)


g = meet(process_name="worker")
stay(g)
