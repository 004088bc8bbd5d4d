"""A failed result leaves nothing behind."""

import asyncio
import gc
import weakref

from place import meet_provider, within

from daffi import BG, RemoteCallError, RetryPolicy

g = meet_provider()
alive = []
policy = RetryPolicy(KeyError, stop_after_attempt=1)


def looked_at(modifier):
    result = g.call.fail("x") & modifier
    alive.append(weakref.ref(result))
    try:
        result.get()
    except RemoteCallError:
        return


async def awaited():
    result = g.call.fail("x") & BG
    alive.append(weakref.ref(result))
    try:
        await result
    except RemoteCallError:
        return


for _ in range(20):
    looked_at(BG)
    looked_at(BG(retry_policy=policy))
    asyncio.run(awaited())
with within(10):
    while any(ref() is not None for ref in alive):
        gc.collect()
g.stop()
