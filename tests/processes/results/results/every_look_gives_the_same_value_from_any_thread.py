"""Every look gives the same value from any thread."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from place import meet_provider

from daffi import BG

g = meet_provider()
for result in (g.call.slow(0.3, [1]) & BG, g.call.echo([1]) & BG):
    with ThreadPoolExecutor(8) as pool:
        looks = [pool.submit(result.get) for _ in range(8)]
        values = [look.result() for look in looks]

    async def awaited():
        return [await result, await result, await result.get_async()]

    values += [result.get(), result.result(), *asyncio.run(awaited())]
    assert values[0] == [1]
    assert all(value is values[0] for value in values)
g.stop()
