"""Functions that are called at the end of a call: in the event loop that added them, or by `concurrent.futures`."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any

from daffi._aio.waiting import running_loop
from daffi._log import log_ended_loop

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from daffi._daffi import AsyncResult


def here(fn: Callable[[AsyncResult[Any]], object]) -> Callable[[AsyncResult[Any]], object]:
    """Have `fn` called in the event loop of asyncio that runs here, where one does. Called by the seam."""
    loop = running_loop()
    return fn if loop is None else InLoop(fn, loop)


class InLoop:
    """A function that is called in an event loop, as what is added to a future of asyncio is; equal to the function.

    `asyncio.wait` adds one that settles a future, and nobody looks at a future that is settled from another thread.
    """

    def __init__(
        self, fn: Callable[[AsyncResult[Any]], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._fn = fn
        self._loop = loop
        self._context = contextvars.copy_context()

    def __call__(self, result: AsyncResult[Any]) -> None:
        """Call the function at once in its loop, soon from another thread; a loop that has ended calls nothing.

        A function of a closed loop is not called in this thread instead: it would hold up all other wake-ups.
        """
        if running_loop() is self._loop:
            self._fn(result)
            return
        try:
            self._loop.call_soon_threadsafe(self._fn, result, context=self._context)
        except RuntimeError:  # it is closed
            log_ended_loop(self._fn)

    def __eq__(self, other: object) -> bool:
        return self._fn == (other._fn if isinstance(other, InLoop) else other)

    def __hash__(self) -> int:
        return hash(self._fn)


class SharedState:
    """What `concurrent.futures.wait` and `as_completed` look at in a future. They look at nothing public."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.state = "RUNNING"
        self.waiters: list[Any] = []
        self._is_watching = False

    def watch(self, result: AsyncResult[Any]) -> None:
        """Be told of the end of the call, once."""
        with self.condition:
            if self._is_watching:
                return
            self._is_watching = True
        result.when_done(self._end)

    def _end(self, result: AsyncResult[Any]) -> None:
        cancelled, failed = result.cancelled(), result.error is not None
        with self.condition:
            self.state = "CANCELLED_AND_NOTIFIED" if cancelled else "FINISHED"
            for waiter in self.waiters:
                if cancelled:
                    waiter.add_cancelled(result)
                elif failed:
                    waiter.add_exception(result)
                else:
                    waiter.add_result(result)
            self.condition.notify_all()
