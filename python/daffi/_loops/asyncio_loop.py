"""The event loop of the process in asyncio: takes the calls that wait in its queue, and runs each as a task."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from daffi import _log
from daffi._daffi import CallQueue
from daffi._loops import loop_thread
from daffi._loops.answering import answer

if TYPE_CHECKING:
    import asyncio


class CallbackLoop:
    """An event loop in a thread, which starts the calls that wait in its queue."""

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 - slow to import, and many processes have no async callback

        # A task that nobody refers to may be collected in the middle of its run.
        self._running: set[asyncio.Task[None]] = set()
        self._ended = False
        self._loop = asyncio.new_event_loop()
        self.queue = CallQueue()
        try:
            # Before the thread starts: a loop that cannot watch the queue is of no use.
            self._loop.add_reader(self.queue.fileno(), self._start_all)
            self.thread = threading.Thread(target=self._run, name="daffi-loop", daemon=True)
            self.thread.start()
        except BaseException:
            self._loop.close()
            self.queue.give_up()
            raise

    def forked(self) -> None:
        """In a child that was forked in a step of this loop: end it after that step, as the loop is its parent's."""
        import asyncio  # noqa: PLC0415 - as above

        task = asyncio.current_task(self._loop)
        # No other step of the parent may run in the child. A loop that is not asyncio's own keeps its steps elsewhere,
        # and still runs those of this turn.
        others: deque[Any] = getattr(self._loop, "_ready", deque())
        others.clear()
        self._loop.call_soon(_end_of_step, task)

    def begin_stop(self) -> None:
        """Cancel what runs and end the loop and its thread."""
        self._loop.call_soon_threadsafe(self._begin_end)

    def _begin_end(self) -> None:
        import asyncio  # noqa: PLC0415 - as above

        self.queue.end()
        # Kept, like the others, until it is done. Made without the task factory, which is the user's and may raise.
        self._running.add(asyncio.Task(self._end(list(self._running)), loop=self._loop))

    async def _end(self, running: list[asyncio.Task[None]]) -> None:
        import asyncio  # noqa: PLC0415 - as above

        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._ended = True
        self._loop.stop()

    def _start_all(self) -> None:
        for call in self.queue.take():
            answering = answer(call)
            try:
                task = call[-2].run(self._loop.create_task, answering)
            except Exception as error:  # noqa: BLE001 - of a task factory that is a user's, or for want of memory
                answering.close()
                call[-1].fail(error)
                continue
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            call[-1].on_cancel(self.queue, task.cancel)

    def _run(self) -> None:
        loop_thread.this_thread.loop = self
        self.queue.begin()
        # A callback may stop the loop, and SystemExit in a task of its own ends it: the others still need it.
        while not self._ended:
            try:
                self._loop.run_forever()
            except BaseException as error:  # noqa: BLE001 - as above
                loop_thread.came_back(error)
                _log.callbacks.exception("the event loop of async callbacks goes on after")
        self._loop.close()


def _end_of_step(task: asyncio.Task[Any] | None) -> None:
    """End a child that was forked in a step of this task."""
    if task is None:
        loop_thread.came_back()
    elif not task.done():
        loop_thread.came_back(loop_thread.waits_in_child())
    elif not task.cancelled():
        loop_thread.came_back(task.exception())
