"""The event loop of the process: `async def` callbacks run on it, one after the other's waits.

It lives as long as the process, in a thread of its own, so that pools and sessions made in one callback serve the
next. Only where a callback holds the loop up, waiting in a blocking way for a call that comes back to this process,
what comes back runs on a spare one: it would wait for itself.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from daffi._context import running
from daffi._daffi import loop_thread
from daffi._exhaust import exhaust
from daffi._log import logger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    from daffi._daffi import Responder
    from daffi._trio_loop import TrioCallbackLoop


class Work:
    """A call that waits to be started."""

    def __init__(
        self,
        function: Callable[..., Coroutine[Any, Any, Any]],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        responder: Responder,
    ) -> None:
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.responder = responder


class CallbackLoop:
    """An event loop in a thread, and the calls that wait to be started on it.

    The queue holds requests that were read and not yet started; the limits on a link's calls bound it.
    """

    def __init__(self) -> None:
        import asyncio  # noqa: PLC0415 - slow to import, and many processes have no async callback

        self.waiting: deque[Work] = deque()
        self.held = 0
        """How many waits of its thread hold it up; changed by `hold` and `release`."""
        self._is_called = False
        # A task that nobody refers to may be collected in the middle of its run.
        self._running: set[asyncio.Task[None]] = set()
        self._ended = False
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="daffi-loop", daemon=True)
        self.thread.start()

    def submit(self, work: Work) -> None:
        """Start a call on the loop; from any thread."""
        self.waiting.append(work)
        # One wake-up for all that is handed in before the loop comes to look. Looked at after the work is there, as the
        # loop takes it back before it empties the queue: one of the two sees the other.
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._start_all)

    def begin_stop(self) -> None:
        """Cancel what runs and end the loop and its thread."""
        self._loop.call_soon_threadsafe(self._begin_end)

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
        while self.waiting:
            work = self.waiting.popleft()
            task = self._loop.create_task(_answer(work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            work.responder.on_cancel(lambda task=task: self._loop.call_soon_threadsafe(task.cancel))

    def _run(self) -> None:
        here(self)
        # A callback may stop the loop, and SystemExit in a task of its own ends it: the others still need it.
        while not self._ended:
            try:
                self._loop.run_forever()
            except BaseException:  # noqa: BLE001 - as above
                logger.exception("the event loop of async callbacks goes on after")
        gone()


async def _answer(work: Work) -> None:
    responder = work.responder
    running.set(responder)
    try:
        value = await work.function(*work.args, **work.kwargs)
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
_spares: list[CallbackLoop | TrioCallbackLoop] = []
_in_trio = False

# The loops by their threads, and the chains of calls that hold one up, with the number of loops that each does.
_threads: dict[int, CallbackLoop | TrioCallbackLoop] = {}
_held: dict[int, int] = {}


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
    work = Work(function, args, kwargs or {}, responder)
    loop.submit(work)
    # Looked at after the work is there, as `hold` looks for work after it has said what it holds: one sees the other.
    if _held and responder.chain in _held:
        _rescue(loop, work)


def hold(chain: int) -> None:
    """Run the calls of this chain elsewhere: one of them holds up the loop of this thread. Called by the seam."""
    loop = _threads[threading.get_ident()]
    with _lock:
        loop.held += 1
        _held[chain] = _held.get(chain, 0) + 1
    for work in list(loop.waiting):
        if work.responder.chain == chain:
            _rescue(loop, work)


def release(chain: int) -> None:
    """End what `hold` began. Called by the seam."""
    with _lock:
        _threads[threading.get_ident()].held -= 1
        left = _held[chain] - 1
        if left:
            _held[chain] = left
        else:
            del _held[chain]


def _rescue(loop: CallbackLoop | TrioCallbackLoop, work: Work) -> None:
    try:
        loop.waiting.remove(work)
    except ValueError:  # it has been started
        return
    with _lock:
        free = next((spare for spare in _spares if not spare.held), None)
        if free is None:
            logger.warning(
                "an async callback waits without await for a call that comes back to this process; "
                "what comes back runs on an event loop of its own\nhint: await the call"
            )
            free = _new_loop()
            _spares.append(free)
    free.submit(work)


def here(loop: CallbackLoop | TrioCallbackLoop) -> None:
    """The calling thread is that of the loop; called in it, by the loop."""
    _threads[threading.get_ident()] = loop
    loop_thread()


def gone() -> None:
    """The calling thread was that of a loop; called in it, by the loop, at its end."""
    del _threads[threading.get_ident()]


def _new_loop() -> CallbackLoop | TrioCallbackLoop:
    if not _in_trio:
        return CallbackLoop()
    from daffi._trio_loop import TrioCallbackLoop  # noqa: PLC0415 - needs trio, which only its users have

    return TrioCallbackLoop()


def is_this_thread() -> bool:
    """Whether the calling thread is that of a loop of callbacks."""
    return threading.get_ident() in _threads


def stop(bound: float) -> None:
    """End the loops with the process; waits `bound` seconds at most."""
    until = time.monotonic() + bound
    with _lock:
        loops = [*([] if _loop is None else [_loop]), *_spares]
    for loop in loops:
        loop.begin_stop()
    for loop in loops:
        loop.thread.join(max(0.0, until - time.monotonic()))


def forked() -> None:
    """In a forked child the threads of the loops do not exist: the next call makes a new one."""
    global _lock, _loop  # noqa: PLW0603 - see above
    _lock = threading.Lock()
    _loop = None
    _spares.clear()
    _threads.clear()
    _held.clear()
