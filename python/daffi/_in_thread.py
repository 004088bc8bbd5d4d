"""Lets an event loop wait for what blocks, in a thread of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

T = TypeVar("T")


async def in_thread(blocking: Callable[[], T]) -> T:
    """Run `blocking` in a new thread and await what it gives.

    Not in the loop's pool: a loop that ends waits for its pool, and these waits may outlast their cancelled task.
    The thread ends with the wait, which every stop of the Global ends.
    """
    import asyncio  # noqa: PLC0415 - slow to import; whoever awaits has it

    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[Any], None], value: Any) -> None:
        if not done.cancelled():
            set_it(value)

    def run() -> None:
        try:
            value = blocking()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            outcome: tuple[Callable[[Any], None], Any] = (done.set_exception, error)
        else:
            outcome = (done.set_result, value)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=run, name="daffi-wait", daemon=True).start()
    return await done
