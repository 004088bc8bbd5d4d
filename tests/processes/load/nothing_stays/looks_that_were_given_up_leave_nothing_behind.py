"""Looks that were given up leave nothing behind."""

import asyncio
import gc
import weakref

from place import meet_provider

from daffi import BG

g = meet_provider()
result = g.call.slow(5) & BG


async def main():
    tasks = [asyncio.ensure_future(result.get_async("1ms")) for _ in range(200)]
    alive = [weakref.ref(task) for task in tasks]
    await asyncio.wait(tasks)
    assert all(isinstance(task.exception(), TimeoutError) for task in tasks)
    tasks.clear()
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 1


asyncio.run(main())
g.stop()
