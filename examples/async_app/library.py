"""Offers a coroutine function: many callers are served by one event loop."""

import asyncio

from daffi import Global, callback


@callback
async def look_up(title: str) -> str:
    """Takes a moment, in which others are served."""
    await asyncio.sleep(0.2)
    return f"{title}: shelf {len(title)}"


if __name__ == "__main__":
    with Global(init_controller=True, process_name="library") as g:
        g.join()
