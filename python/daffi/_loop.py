"""The event loop of the process: `async def` callbacks run on it, one after the other's waits.

It lives as long as the process, in a thread of its own, so that pools and sessions made in one callback serve the
next.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from daffi._context import running
from daffi._exhaust import exhaust
from daffi._log import logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from daffi._daffi import Responder
    from daffi._trio_loop import TrioCallbackLoop

    Work = tuple[
        Callable[..., Coroutine[Any, Any, Any]], tuple[Any, ...], dict[str, Any], Responder
    ]


class CallbackLoop:
    """An event loop in a thread, and the calls that wait to be started on it.

    The queue holds requests that were read and not yet started; the limits on a link's calls bound it.
    """

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 - slow to import, and many processes have no async callback

        self._waiting: deque[Work] = deque()
        self._is_called = False
        # A task that nobody refers to may be collected in the middle of its run.
        self._running: set[asyncio.Task[None]] = set()
        self._ended = False
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="daffi-loop", daemon=True)
        self.thread.start()

    def submit(self, work: Work) -> None:
        """Start a call on the loop; from any thread."""
        self._waiting.append(work)
        # One wake-up for all that is handed in before the loop comes to look. Looked at after the work is there, as the
        # loop takes it back before it empties the queue: one of the two sees the other.
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._start_all)

    def stop(self, bound: float) -> None:
        """Cancel what runs and end the loop and its thread; waits for that `bound` seconds at most."""
        self._loop.call_soon_threadsafe(self._begin_end)
        self.thread.join(bound)

    def _begin_end(self) -> None:
        # Kept, like the others, until it is done.
        self._running.add(self._loop.create_task(self._end(list(self._running))))

    async def _end(self, running: list[asyncio.Task[None]]) -> None:
        import asyncio  # noqa: PLC0415 - as above

        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._ended = True
        self._loop.stop()

    def _start_all(self) -> None:
        self._is_called = False
        while self._waiting:
            work = self._waiting.popleft()
            task = self._loop.create_task(_answer(*work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            work[3].on_cancel(lambda task=task: self._loop.call_soon_threadsafe(task.cancel))

    def _run(self) -> None:
        # A callback may stop the loop, and SystemExit in a task of its own ends it: the others still need it.
        while not self._ended:
            try:
                self._loop.run_forever()
            except BaseException:  # noqa: BLE001 - as above
                logger.exception("the event loop of async callbacks goes on after")


async def _answer(
    function: Callable[..., Coroutine[Any, Any, Any]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    responder: Responder,
) -> None:
    running.set(responder)
    try:
        value = await function(*args, **kwargs)
        if not responder.wants_value:
            await exhaust(value)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it; SystemExit must not end the loop
        responder.fail(error)
    else:
        responder.reply(value)


async def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that a callback made without being `async def`. Called by the seam."""
    return await coroutine


_lock = threading.Lock()
_loop: CallbackLoop | TrioCallbackLoop | None = None
_in_trio = False


def use_trio() -> None:
    """Have async callbacks run in trio, unless they already run in asyncio: the Global is made under trio."""
    global _in_trio  # noqa: PLW0603 - one loop per process is the point
    _in_trio = True


def submit(
    function: Callable[..., Coroutine[Any, Any, Any]],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    responder: Responder,
) -> None:
    """Run an `async def` callback on the loop of the process and answer its caller. Called by the seam."""
    global _loop  # noqa: PLW0603 - one loop per process is the point
    loop = _loop
    if loop is None:
        with _lock:
            if _loop is None:
                logger.debug("starting the event loop for async callbacks")
                _loop = _new_loop()
            loop = _loop
    loop.submit((function, args, kwargs or {}, responder))


def _new_loop() -> CallbackLoop | TrioCallbackLoop:
    if not _in_trio:
        return CallbackLoop()
    from daffi._trio_loop import TrioCallbackLoop  # noqa: PLC0415 - needs trio, which only its users have

    return TrioCallbackLoop()


def is_this_thread() -> bool:
    """Whether the calling thread is that of the loop."""
    return _loop is not None and _loop.thread is threading.current_thread()


def stop(bound: float) -> None:
    """End the loop with the process; waits `bound` seconds at most."""
    if _loop is not None:
        _loop.stop(bound)


def forked() -> None:
    """In a forked child the thread of the loop does not exist: the next call makes a new one."""
    global _lock, _loop  # noqa: PLW0603 - see above
    _lock = threading.Lock()
    _loop = None
