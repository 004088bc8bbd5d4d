"""The event loop that a coroutine runs in, asyncio or trio: how other threads wake what waits there."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Event:
    """Set once, from any thread; awaited by one task of the running event loop."""

    def __init__(self) -> None:
        if in_trio():
            import trio  # noqa: PLC0415 - whoever runs in it has it

            event = trio.Event()
            token = trio.lowlevel.current_trio_token()
            self._wait: Callable[[], Any] = event.wait
            self._wake: Callable[[], object] = lambda: token.run_sync_soon(event.set)
            self._closed: type[BaseException] = trio.RunFinishedError
        else:
            import asyncio  # noqa: PLC0415 - slow to import; whoever awaits has it

            loop = asyncio.get_running_loop()
            done = asyncio.Event()
            self._wait = done.wait
            self._wake = lambda: loop.call_soon_threadsafe(done.set)
            self._closed = RuntimeError

    def set(self) -> None:
        """Wake the task; a loop that has ended has nobody left who waits."""
        try:
            self._wake()
        except self._closed:
            return

    async def wait(self) -> None:
        """Wait for `set`; the task may be cancelled meanwhile."""
        await self._wait()


def in_trio() -> bool:
    """Whether the caller runs in trio."""
    trio: Any = sys.modules.get("trio")
    return trio is not None and bool(trio.lowlevel.in_trio_run())


async def wait_within(event: Event, patience: float) -> bool:
    """Wait for an event as long as `patience` seconds; whether it was set."""
    if in_trio():
        import trio  # noqa: PLC0415 - whoever runs in it has it

        with trio.move_on_after(patience) as scope:
            await event.wait()
        return not scope.cancelled_caught
    import asyncio  # noqa: PLC0415 - whoever awaits has it

    try:
        await asyncio.wait_for(event.wait(), patience)
    except TimeoutError:
        return False
    return True


async def in_thread(blocking: Callable[[], T]) -> T:
    """Run `blocking` in a new thread and await what it gives.

    Not in the loop's pool: a loop that ends waits for its pool, and these waits may outlast their cancelled task.
    The thread ends with the wait, which every stop of the Global ends.
    """
    event = Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(blocking())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            failure.append(error)
        event.set()

    threading.Thread(target=run, name="daffi-wait", daemon=True).start()
    await event.wait()
    if failure:
        raise failure[0]
    return outcome[0]
