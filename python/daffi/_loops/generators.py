"""Generators that callbacks give: async ones run on the event loop of the process, others end in a thread."""

from __future__ import annotations

import contextlib
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from daffi._log import callbacks
from daffi._loops import loop_thread
from daffi._loops.context import running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextvars import Context
    from types import AsyncGeneratorType

    from daffi._daffi import CallQueue, Outlet
    from daffi._loops.context import PreparedCall


class AsyncSource:
    """An async generator that a callback gave; it runs on the callback loop as long as its items are wanted."""

    def __init__(self, generator: AsyncGeneratorType[Any, Any], context: Context) -> None:
        self._generator = generator
        # Each run is a task, which works on a copy of this context. What it has set is kept here for the next run.
        self._context = context
        self._run: _Run | None = None

    def start(self, outlet: Outlet) -> PreparedCall:
        """What runs the generator until its outlet is full or it ends. Called by the seam, on the callback loop."""
        self._run = _Run(outlet)
        return self._produce, (outlet,), {}, self._context, self._run

    def close(self, outlet: Outlet) -> PreparedCall:
        """What ends the generator where it is. Called by the seam, on the callback loop."""
        if self._run is not None:
            self._run.cancel()
        return self._end, (outlet,), {}, self._context, _Run()

    async def _produce(self, outlet: Outlet) -> None:
        running.set(outlet)
        try:
            while outlet.push(await self._next()):
                pass
        except StopAsyncIteration:
            outlet.end()
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever iterates gets it
            outlet.fail(error)
        # The context is kept until the next run, and must not keep the outlet alive, which keeps this source.
        running.set(None)
        self._context = copy_context()
        if outlet.closed:
            await self._end(outlet)

    async def _next(self) -> Any:
        try:
            item = await anext(self._generator)
        except BaseException as error:
            loop_thread.came_back(None if isinstance(error, StopAsyncIteration) else error)
            raise
        loop_thread.came_back()
        return item

    async def _end(self, outlet: Outlet) -> None:
        running.set(outlet)
        # While it runs it cannot be closed; then it is being cancelled, and closes itself.
        if not self._generator.ag_running:
            try:
                await self._generator.aclose()
            finally:
                outlet.over()


class _Run:
    """In the place of the responder of a call, for work on a generator, which answers through its outlet."""

    wants_value = True

    def __init__(self, outlet: Outlet | None = None) -> None:
        self._cancel: Callable[[], object] | None = None
        self._waiting = outlet
        """What is told if no task can be made for the work; None once the work has begun."""

    def cancel(self) -> None:
        """Cancel the work where it is; from any thread."""
        if self._cancel is not None:
            self._cancel()

    def begin(self) -> bool:
        """Say that it is to run. From now on it tells by itself how it ends."""
        self._waiting = None
        return True

    def reply(self, value: object) -> None:  # noqa: ARG002 - in the place of a responder
        """Nobody asked."""
        self._end()

    def fail(self, error: BaseException) -> None:
        """Say that it could not begin; log what a generator raised while it was closed."""
        self._end()
        outlet, self._waiting = self._waiting, None
        if outlet is not None:
            outlet.fail(error)
        elif isinstance(error, Exception):
            callbacks.error("a generator that was closed raised: %s", error, exc_info=error)

    def _end(self) -> None:
        # A reference cycle otherwise: this refers to the task, and the task to this through the outlet.
        self._cancel = None

    def on_cancel(self, queue: CallQueue, cancel: Callable[[], object]) -> None:
        """Be told by its loop how to cancel the work, right after it was made."""
        self._cancel = lambda: queue.call_soon(cancel)


def close_generator(generator: Generator[Any, Any, Any], context: Context, outlet: Outlet) -> None:
    """End a generator that nobody iterates any more. Called by the seam.

    In a thread of its own: its `finally` may take as long as it likes.
    """

    def close() -> None:
        try:
            # It may have been about to end by itself.
            with contextlib.suppress(ValueError):
                # In a copy, as it may still be in the context itself.
                context.copy().run(generator.close)
        finally:
            outlet.over()

    threading.Thread(target=close, name="daffi-close", daemon=True).start()
