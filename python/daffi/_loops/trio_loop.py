"""The event loop of the process in trio, for a Global that was made under trio; `asyncio_loop` has its twin."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import trio

from daffi._daffi import CallQueue
from daffi._loops.answering import answer
from daffi._loops.loop_thread import came_back, this_thread, waits_in_child

if TYPE_CHECKING:
    from daffi._loops.context import PreparedCall


class TrioCallbackLoop:
    """A trio run in a thread, which starts the calls that wait in its queue."""

    def __init__(self) -> None:
        # Set when the run takes calls, and when it has ended before that.
        came = threading.Event()
        self._failed: BaseException | None = None
        self.queue = CallQueue()
        try:
            self.thread = threading.Thread(
                target=self._run, args=[came], name="daffi-loop", daemon=True
            )
            self.thread.start()
            came.wait()
            if self._failed is not None:
                raise self._failed  # noqa: TRY301 - undone like a thread that cannot start
        except BaseException:
            self.queue.give_up()
            raise

    def forked(self) -> None:
        """In a child that was forked in a step of this run: end it after that step, as the run is its parent's."""
        trio.lowlevel.add_instrument(_EndOfStep())

    def begin_stop(self) -> None:
        """Cancel what runs and end the run and its thread."""
        self._token.run_sync_soon(self._nursery.cancel_scope.cancel)

    def _run(self, came: threading.Event) -> None:
        try:
            trio.run(self._main, came)
        except BaseException as error:
            if came.is_set():
                raise
            self._failed = error
            came.set()

    async def _main(self, came: threading.Event) -> None:
        this_thread.loop = self
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self.queue.begin()
            came.set()
            try:
                while True:
                    await trio.lowlevel.wait_readable(self.queue.fileno())
                    await self._start_all()
            finally:
                self.queue.end()

    async def _start_all(self) -> None:
        for call in self.queue.take():
            scope = trio.CancelScope()
            call[-2].run(self._nursery.start_soon, _answer, scope, call)
            call[-1].on_cancel(self.queue, scope.cancel)
            # Trio starts the tasks of one turn in any order: one in each turn begin in theirs. Shielded, as what was
            # taken must be started, if only to be cancelled.
            await trio.lowlevel.cancel_shielded_checkpoint()


async def _answer(scope: trio.CancelScope, call: PreparedCall) -> None:
    with scope:
        await answer(call)


class _EndOfStep(trio.abc.Instrument):
    """Ends a child that was forked in a step of this run, after that step."""

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        came_back(waits_in_child() if task.coro.cr_frame is not None else None)
