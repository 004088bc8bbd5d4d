"""Asks for several books at the same time, in one event loop."""

import asyncio
import time

from daffi import FG, Global, __body_unknown__, fetcher

TITLES = ["Emma", "Ulysses", "Walden", "Beloved"]


@fetcher(FG(timeout=10))
async def look_up(title: str) -> str:
    """Run in the library."""
    __body_unknown__(title)


async def main() -> None:
    """All questions together take as long as one."""
    async with Global(process_name="readers") as g:
        await g.wait_function_async("look_up")
        start = time.perf_counter()
        for answer in await asyncio.gather(*(look_up(title) for title in TITLES)):
            print(answer)
        took = time.perf_counter() - start
        print(f"one after the other: {took > len(TITLES) * 0.2}")


if __name__ == "__main__":
    asyncio.run(main())
