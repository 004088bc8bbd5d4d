"""How a coroutine waits in its event loop, asyncio's or trio's, for what ends in another thread."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import types
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from daffi._daffi import GivenUp, LoopInbox
from daffi._process import forked_child

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator

    from daffi._daffi import AsyncResult

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


_inboxes: WeakKeyDictionary[asyncio.AbstractEventLoop, LoopInbox] = WeakKeyDictionary()


async def ended(result: AsyncResult[Any]) -> None:
    """Wait until a call has ended."""
    if in_trio():
        await _ended_in_thread(result)
        return
    import asyncio  # noqa: PLC0415 - whoever awaits has it

    loop = asyncio.get_running_loop()
    inbox = _inboxes.get(loop)
    if inbox is None:
        try:
            inbox = LoopInbox()
        except OSError:  # no descriptors left: woken by a thread, which needs none
            await _ended_in_thread(result)
            return
        _inboxes[loop] = inbox
        loop.add_reader(inbox.fileno(), inbox.settle)
    done: asyncio.Future[None] = loop.create_future()
    settlement = result.settle_in(inbox, done)
    try:
        await done
    except BaseException:
        settlement.forget()
        raise


async def _ended_in_thread(result: AsyncResult[Any]) -> None:
    event = Event()
    result.when_done(lambda _: event.set())
    await event.wait()


async def turn() -> None:
    """Let everything else run that is ready, once."""
    if in_trio():
        import trio  # noqa: PLC0415 - whoever runs in it has it

        await trio.lowlevel.checkpoint()
    else:
        await _turn()


@types.coroutine
def _turn() -> Generator[None]:
    yield


def in_trio() -> bool:
    """Whether the caller runs in trio."""
    # While another thread imports it, it lacks things, and nothing runs in it.
    in_trio_run: Any = getattr(sys.modules.get("trio.lowlevel"), "in_trio_run", None)
    return in_trio_run is not None and bool(in_trio_run())


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of asyncio that runs in the calling thread."""
    # As above. Who has a running loop has imported it.
    running: Any = getattr(sys.modules.get("asyncio.events"), "_get_running_loop", None)
    return None if running is None else running()


async def ended_within(result: AsyncResult[Any], patience: float) -> None:
    """Wait until a call has ended, or for `patience` seconds."""
    if in_trio():
        import trio  # noqa: PLC0415 - whoever runs in it has it

        with trio.move_on_after(patience):
            await ended(result)
        return
    import asyncio  # noqa: PLC0415 - whoever awaits has it

    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended(result), patience)


async def in_thread(blocking: Callable[[], T]) -> T:
    """Run `blocking` in a new thread and await what it gives.

    Not in the loop's pool: a loop that ends waits for its pool, and these waits may outlast their cancelled task.
    The thread ends with the wait, which every stop of the Global ends.
    """
    event = Event()
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        pid = os.getpid()
        try:
            outcome.append(blocking())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is awaited
            failure.append(error)
        if os.getpid() != pid:
            forked_child.end(failure[0] if failure else None)
        event.set()

    threading.Thread(target=run, name="daffi-wait", daemon=True).start()
    await event.wait()
    if failure:
        raise failure[0]
    return outcome[0]


async def in_thread_while_wanted(wait: Callable[[GivenUp], T]) -> T:
    """`in_thread` for what may wait for ever: the thread ends soon after the task that awaits it was cancelled."""
    given_up = GivenUp()
    try:
        return await in_thread(lambda: wait(given_up))
    finally:
        given_up.set()
