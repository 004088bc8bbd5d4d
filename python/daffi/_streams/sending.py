"""A stream that an event loop sends: what is left of it, and what becomes of that when its process stops."""

from __future__ import annotations

import contextlib
import itertools
import sys
import threading
import time
import weakref
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any, Final

from daffi._aio.waiting import Event, in_trio, running_loop, turn
from daffi._log import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from daffi._daffi import StreamSender

Items = Iterable[Any] | AsyncIterable[Any]

_AT_ONE_GO: Final = 0.005
"""How long an event loop is kept from others by items that are there, in seconds."""

_under_way: Final[weakref.WeakSet[Sending]] = weakref.WeakSet()


class Sending:
    """One stream of an event loop.

    under way ──> over: all taken, or an error
        └── stop of the process ──> finished there, for as long as a stop may take ──> told of, if that was too short
    """

    def __init__(self, sender: StreamSender, items: Items) -> None:
        self.sender = sender
        self.is_awaited = False
        self.is_told = False
        self._items = items
        self._left: Iterator[Any] | None = None
        self._held: list[Any] = []
        self._is_asked = True
        """Whether the producer is being asked for its next item: an error that is raised then is its own."""
        self._is_finished = False
        self._failure: Exception | None = None
        self._changed: Event | None = None
        self._over = Event()
        self._loop = current_loop()
        _under_way.add(self)

    async def run(self) -> None:
        """Send all items and wait until they are taken."""
        try:
            await self._send()
        finally:
            _under_way.discard(self)
            self._over.set()
            self.sender.close()
            close(self._items)
            aclose: Callable[[], Any] | None = getattr(self._items, "aclose", None)
            if aclose is not None:
                await aclose()

    async def _send(self) -> None:
        try:
            await self._send_items()
            await self._drain()
        except Exception:
            if self._is_asked:
                # What the producer has yielded before its error is taken first, as of a remote generator.
                with contextlib.suppress(Exception):
                    await self._drain()
            raise
        if self._failure is not None:
            raise self._failure

    async def _send_items(self) -> None:
        pace = _Pace()
        if isinstance(self._items, AsyncIterable):
            async for item in self._items:
                self._is_asked = False
                await self._room()
                self.sender.push(item)
                await pace.rest()
                self._is_asked = True
        else:
            # In the loop's own thread: cursors and the like are bound to the one that made them.
            for item in self._rest():
                self._is_asked = False
                self._held = [item]
                await self._room()
                if self._is_finished:
                    break
                self._held = []
                self.sender.push(item)
                await pace.rest()
                self._is_asked = True
        self._is_asked = False

    async def _drain(self) -> None:
        """Wait until everything is taken."""
        while not (self._is_finished or self.sender.end()):
            await self._progress()

    def _rest(self) -> Iterator[Any]:
        """The items that are left: the one that waits for room, and those that come after it."""
        if self._left is None:
            self._left = iter(self._items) if isinstance(self._items, Iterable) else iter(())
        return itertools.chain(self._held, self._left) if not self._is_finished else iter(())

    async def _room(self) -> None:
        while not (self._is_finished or self.sender.has_room()):
            await self._progress()

    async def _progress(self) -> None:
        """Wait until there is room, everything is taken, or the stream has failed."""
        changed = self._changed = Event()
        self.sender.on_progress(changed.set)
        await changed.wait()

    def finish_here(self, until: float) -> bool:
        """Send the rest in the thread of the loop, which does nothing else meanwhile; whether it is over in time."""
        if isinstance(self._items, AsyncIterable):
            return False
        is_asked = True
        try:
            for item in self._rest():
                is_asked = False
                self._held = [item]
                if not self._wait(self.sender.has_room, until):
                    return False
                self._held = []
                self.sender.push(item)
                is_asked = True
            is_asked = False
            if not self._wait(self.sender.end, until):
                return False
        except Exception as error:  # noqa: BLE001 - it is raised in the task
            self._failure = error
            if is_asked:
                with contextlib.suppress(Exception):
                    self._wait(self.sender.end, until)
        self._is_finished = True
        if self._changed is not None:
            self._changed.set()
        return True

    def _wait(self, is_there: Callable[[], bool], until: float) -> bool:
        while not is_there():
            left = until - time.monotonic()
            if left <= 0:
                return False
            changed = threading.Event()
            self.sender.on_progress(changed.set)
            changed.wait(left)
        return time.monotonic() < until

    async def over_within(self, patience: float) -> bool:
        """Wait until the stream is over, or for so many seconds; whether it is."""
        if in_trio():
            import trio  # noqa: PLC0415 - whoever runs in it has it

            with trio.move_on_after(patience):
                await self._over.wait()
        else:
            import asyncio  # noqa: PLC0415 - whoever awaits has it

            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), patience)
        return self not in _under_way

    def tell(self, what: str = "this process stopped") -> None:
        """Say, once, what happened before the stream was over, and that nobody awaits it."""
        if not self.is_told:
            self.is_told = True
            calls.warning(
                "%s: %s before the stream was over, and nobody awaits it", self.sender.name, what
            )

    @property
    def needs_nobody(self) -> bool:
        """Whether somebody else looks after it, or all is sent."""
        return self.is_awaited or self._is_finished

    def is_forgotten_here(self) -> bool:
        """Whether the running loop sends it, and nobody awaits it."""
        return not self.is_awaited and self._loop is current_loop()


def finish_here(bound: float) -> None:
    """At a stop in the thread of an event loop: finish the streams that it sends and nobody awaits, in so many seconds.

    Not where an error ends what began them.
    """
    until = time.monotonic() + bound
    if _under_way and sys.exc_info()[1] is None and current_loop() is not None:
        for sending in [sending for sending in _under_way if sending.is_forgotten_here()]:
            if not sending.finish_here(until):
                sending.tell()


async def finish(bound: float) -> None:
    """The same before a stop that an event loop awaits: it goes on with them meanwhile."""
    if sys.exc_info()[1] is not None:
        return
    until = time.monotonic() + bound
    for sending in [sending for sending in _under_way if sending.is_forgotten_here()]:
        if not await sending.over_within(max(until - time.monotonic(), 0)):
            sending.tell()


class _Pace:
    """Gives the event loop its turns between items, which may come without a single wait."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _AT_ONE_GO

    async def rest(self) -> None:
        """Let others run if items have been taken for long enough."""
        if time.monotonic() >= self._until:
            await turn()
            self._until = time.monotonic() + _AT_ONE_GO


def close(items: Items) -> None:
    """Let a generator that was not exhausted run its `finally` now, not when it is collected."""
    close: Callable[[], object] | None = getattr(items, "close", None)
    if close is not None and hasattr(items, "send"):
        # While it runs it cannot be closed; then the error comes from within, and has ended it.
        with contextlib.suppress(ValueError):
            close()


def current_loop() -> Any:
    """The event loop that runs in this thread: of asyncio, or what trio has for one; None where there is none."""
    if in_trio():
        import trio  # noqa: PLC0415 - whoever runs in it has it

        return trio.lowlevel.current_trio_token()
    return running_loop()
