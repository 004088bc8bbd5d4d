"""The event loop of the process: `async def` callbacks run on it, one after the other's waits.

It lives as long as the process, in a thread of its own, so that pools and sessions made in one callback serve the
next. It takes the requests itself, in the order in which they came; the seam keeps them until then. Only where a
callback holds the loop up, waiting in a blocking way for a call that comes back to this process, what comes back runs
on a spare one: it would wait for itself.
"""

from __future__ import annotations

import contextlib
import threading
import time
import types
from collections import deque
from typing import TYPE_CHECKING, Any

from daffi import _log
from daffi._daffi import CallQueue
from daffi._loops.context import running
from daffi._loops.drain import exhaust

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from daffi._loops.context import PreparedCall
    from daffi._loops.trio_loop import TrioCallbackLoop


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
            # Before it runs: what cannot watch the queue is no loop.
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
        # No other step of the parent's may run. A loop of another make has its own list, and runs those of this turn.
        others: deque[Any] = getattr(self._loop, "_ready", deque())
        others.clear()
        self._loop.call_soon(_end_of_step, task)

    def begin_stop(self) -> None:
        """Cancel what runs and end the loop and its thread."""
        self._loop.call_soon_threadsafe(self._begin_end)

    def _begin_end(self) -> None:
        import asyncio  # noqa: PLC0415 - as above

        self.queue.end()
        # Kept, like the others, until it is done. Made here: a task factory is a user's, and may raise.
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
        this_thread.loop = self
        self.queue.begin()
        # A callback may stop the loop, and SystemExit in a task of its own ends it: the others still need it.
        while not self._ended:
            try:
                self._loop.run_forever()
            except BaseException as error:  # noqa: BLE001 - as above
                came_back(error)
                _log.callbacks.exception("the event loop of async callbacks goes on after")
        self._loop.close()


async def answer(call: PreparedCall) -> None:
    """Run a call and answer its caller."""
    function, args, kwargs, _, responder = call
    if not responder.begin():
        return
    running.set(responder)
    try:
        value: Any = function(*args, **kwargs)
        # Calling an async generator function gives what is to be iterated.
        kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType] - of anything
        if kind is not types.AsyncGeneratorType:
            value = await value
        if not responder.wants_value:
            await exhaust(value)
        # Taken out again below: a value to which nobody has another reference need not be copied.
        given = [value]
        del value
    except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it; SystemExit must not end the loop
        came_back(error)
        responder.fail(error)
    else:
        came_back()
        responder.reply(given.pop())


def _end_of_step(task: asyncio.Task[Any] | None) -> None:
    """End a child that was forked in a step of this task."""
    if task is None:
        came_back()
    elif not task.done():
        came_back(waits_in_child())
    elif not task.cancelled():
        came_back(task.exception())


async def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that a callback made without being `async def`. Called by the seam."""
    return await coroutine


_lock = threading.Lock()
_loops: list[CallbackLoop | TrioCallbackLoop] = []
_in_trio = False

this_thread = threading.local()
"""Its `loop` is the one that runs on the calling thread."""

_forked_on: int | None = None
"""In a child that was forked on the thread of a loop, that thread."""


def use_trio() -> None:
    """Have async callbacks run in trio, unless they already run in asyncio: the Global is made under trio."""
    global _in_trio  # noqa: PLW0603 - one loop per process is the point
    _in_trio = True


def start(is_spare: bool) -> None:  # noqa: FBT001 - only the seam calls it
    """Start the loop of the process, or a spare one. Called by the seam when the first call is there for it.

    What cannot be started raises.
    """
    with _lock:
        _loops.append(_new_loop())
    # Now, as the handlers may take long; what they raise does not undo the start.
    with contextlib.suppress(BaseException):
        _log_start(is_spare)


def _log_start(is_spare: bool) -> None:  # noqa: FBT001 - as above
    if is_spare:
        _log.callbacks.warning(
            "an async callback waits without await for a call that comes back to this process; "
            "what comes back runs on an event loop of its own\nhint: await the call"
        )
    else:
        _log.callbacks.debug("starting the event loop for async callbacks")


def _new_loop() -> CallbackLoop | TrioCallbackLoop:
    if not _in_trio:
        return CallbackLoop()
    from daffi._loops.trio_loop import TrioCallbackLoop  # noqa: PLC0415 - needs trio, which only its users have

    return TrioCallbackLoop()


def came_back(error: BaseException | None = None) -> None:
    """End the process where it is a child that was forked on the calling thread: the loop is its parent's."""
    if _forked_on == threading.get_ident():
        from daffi._process.forked_child import end  # noqa: PLC0415 - children alone need it

        end(error)


def waits_in_child() -> BaseException:
    """Say why a child cannot go on."""
    return RuntimeError(
        "a child that was forked in an async callback awaits something, and has no event loop\n"
        "hint: do in the child what needs no loop, or asyncio.run(...) in a thread of its own"
    )


def stop(bound: float) -> None:
    """End the loops with the process; waits `bound` seconds at most."""
    until = time.monotonic() + bound
    with _lock:
        loops = list(_loops)
    for loop in loops:
        loop.begin_stop()
    for loop in loops:
        loop.thread.join(max(0.0, until - time.monotonic()))


def forked() -> None:
    """In a forked child the threads of the loops do not exist: the next call makes a new one."""
    global _lock, _forked_on  # noqa: PLW0603 - see above
    left: CallbackLoop | TrioCallbackLoop | None = getattr(this_thread, "loop", None)
    this_thread.loop = None
    # A child that forks again in the same step has left the loop already.
    is_in_step = left is not None or _forked_on == threading.get_ident()
    _forked_on = threading.get_ident() if is_in_step else None
    running.set(None)
    _lock = threading.Lock()
    _loops.clear()
    if left is not None:
        left.forked()
