"""Five hundred callbacks take five hundred concurrent tasks each call within a second."""

import asyncio
import time

from place import at_most, meet_provider

from daffi import BG, FG

g = meet_provider()
slowest = 0.0


async def task(number):
    global slowest
    function = getattr(g.call, f"multiplied_{number}")
    for value in range(3):
        begun = time.perf_counter()
        if value % 2:
            result = function(value) & FG
        else:
            result = await (function(value) & BG)
        slowest = max(slowest, time.perf_counter() - begun)
        assert result == number * value


async def main():
    await asyncio.gather(*map(task, range(500)))


g.wait_function("multiplied_499", timeout=20)
asyncio.run(main())
at_most(slowest, 1)
g.stop()
