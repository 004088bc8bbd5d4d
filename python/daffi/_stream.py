"""`STREAM`: drives a stream from its iterable to its sending end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any

from daffi._event_loop import Event, in_trio, running_loop, turn
from daffi._exceptions import InitializationError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from daffi._daffi import StreamSender

Items = Iterable[Any] | AsyncIterable[Any]

# How long an event loop is kept from others by items that are there, in seconds.
_AT_ONE_GO = 0.005
# A task that nobody refers to may be collected in the middle of its run.
_tasks: set[asyncio.Task[None]] = set()


def items_of(name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Items:
    """The one argument of a streaming call. Called by the seam.

    Raises:
        InitializationError: there is not exactly one, or it is nothing to stream.
    """
    if len(args) != 1 or kwargs:
        given = [repr(arg) for arg in args] + [f"{key}=..." for key in kwargs or ()]
        raise InitializationError(
            f"STREAM takes one iterable, not this: {name}({', '.join(given)})\n"
            f"hint: {name}([first, second]) & STREAM calls it for first and for second"
        )
    items: Any = args[0]
    if isinstance(items, str | bytes | bytearray | memoryview) or not isinstance(
        items, Iterable | AsyncIterable
    ):
        raise InitializationError(
            f"STREAM takes an iterable of items, not this: {items!r}\nhint: put it into a list"
        )
    return args[0]


def run(sender: StreamSender, items: Items, awaitable: bool) -> Any:  # noqa: FBT001 - only the seam calls it
    """Send all items and wait until they are taken. Called by the seam.

    In a running event loop that is to go on meanwhile: something to await, which goes on without that, too.
    """
    is_async = isinstance(items, AsyncIterable)
    if (awaitable or is_async) and in_trio():
        from daffi._trio_stream import TrioStream  # noqa: PLC0415 - needs trio, which only its users have

        return TrioStream(sender.name, lambda: _send_async(sender, items))
    if (awaitable or is_async) and (loop := running_loop()) is not None:
        task = loop.create_task(_send_async(sender, items))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
        return task
    if is_async:
        import asyncio  # noqa: PLC0415 - slow to import; whoever has an async iterable has it

        return asyncio.run(_send_async(sender, items))
    return _send(sender, items)


def _send(sender: StreamSender, items: Iterable[Any]) -> None:
    try:
        for item in items:
            sender.push(item)
        sender.finish()
    finally:
        sender.close()
        _close(items)


async def _send_async(sender: StreamSender, items: Items) -> None:
    pace = _Pace()
    try:
        if isinstance(items, AsyncIterable):
            async for item in items:
                await _room(sender)
                sender.push(item)
                await pace.rest()
        else:
            # In the loop's own thread: cursors and the like are bound to the one that made them.
            for item in items:
                await _room(sender)
                sender.push(item)
                await pace.rest()
        while not sender.end():
            await _progress(sender)
    finally:
        sender.close()
        _close(items)
        aclose: Callable[[], Any] | None = getattr(items, "aclose", None)
        if aclose is not None:
            await aclose()


class _Pace:
    """Gives the event loop its turns between items, which may come without a single wait."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _AT_ONE_GO

    async def rest(self) -> None:
        """Let others run if items have been taken for long enough."""
        if time.monotonic() >= self._until:
            await turn()
            self._until = time.monotonic() + _AT_ONE_GO


def _close(items: Items) -> None:
    """Let a generator that was not exhausted run its `finally` now, not when it is collected."""
    close: Callable[[], object] | None = getattr(items, "close", None)
    if close is not None and hasattr(items, "send"):
        # While it runs it cannot be closed; then the error comes from within, and has ended it.
        with contextlib.suppress(ValueError):
            close()


async def _room(sender: StreamSender) -> None:
    while not sender.has_room():
        await _progress(sender)


async def _progress(sender: StreamSender) -> None:
    """Wait until there is room, everything is taken, or the stream has failed."""
    changed = Event()
    sender.on_progress(changed.set)
    await changed.wait()
