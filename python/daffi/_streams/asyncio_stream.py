"""`STREAM` in asyncio: a task that knows whether anybody awaits it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from daffi._aio.waiting import running_loop
from daffi._exceptions import GlobalContextError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context

    from daffi._streams.sending import Sending

# A task that nobody refers to may be collected in the middle of its run.
_tasks: Final[set[StreamTask]] = set()


class StreamTask(asyncio.Task[None]):
    """A stream under way: it goes on without being awaited, too."""

    def __init__(self, sending: Sending) -> None:
        super().__init__(sending.run(), loop=asyncio.get_running_loop())
        self._sending = sending
        _tasks.add(self)
        super().add_done_callback(_ended)

    def __await__(self) -> Generator[Any, None, None]:
        self._sending.is_awaited = True
        return super().__await__()

    def add_done_callback(
        self, fn: Callable[[asyncio.Task[None]], object], /, *, context: Context | None = None
    ) -> None:
        """As of any task. Who adds one looks after the task."""
        self._sending.is_awaited = True
        super().add_done_callback(fn, context=context)

    def cancel(self, msg: Any | None = None) -> bool:
        """As of any task. Outside of the loop it is the loop that ends, as at the end of `asyncio.run`."""
        if not (self.done() or self._sending.needs_nobody or running_loop()):
            self._sending.tell("its event loop ended")
        return super().cancel(msg)

    def settle(self) -> None:
        """It has ended: what failed with the stop of its process, and nobody awaits, needs no traceback."""
        if self.cancelled() or self._sending.is_awaited:
            return
        if self._sending.is_told or isinstance(self.exception(), GlobalContextError):
            self.exception()
            self._sending.tell()


def _ended(task: asyncio.Task[None]) -> None:
    if isinstance(task, StreamTask):
        _tasks.discard(task)
        task.settle()
