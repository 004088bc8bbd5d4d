"""`STREAM`: drives a stream from its iterable to its sending end; `sending` does in an event loop."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, Any

from daffi._aio.waiting import in_trio
from daffi._exceptions import InitializationError
from daffi._input.quoted import quoted
from daffi._streams.sending import Items, Sending, close, current_loop

if TYPE_CHECKING:
    from daffi._daffi import StreamSender


def items_of(name: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> Items:
    """The one argument of a streaming call. Called by the seam.

    Raises:
        InitializationError: there is not exactly one, or it is nothing to stream.
    """
    if len(args) != 1 or kwargs:
        given = [quoted(arg) for arg in args] + [f"{key}=..." for key in kwargs or ()]
        raise InitializationError(
            f"STREAM takes one iterable, not this: {name}({', '.join(given)})\n"
            f"hint: {name}([first, second]) & STREAM calls it for first and for second"
        )
    items: Any = args[0]
    is_whole = isinstance(items, str | bytes | bytearray | memoryview)
    # An array without a dimension only looks iterable.
    if is_whole or not isinstance(items, Iterable | AsyncIterable) or _is_scalar(items):
        raise InitializationError(
            f"STREAM takes an iterable of items, not this: {quoted(args[0])}\nhint: put it into a list"
        )
    return args[0]


def _is_scalar(items: Any) -> bool:
    return getattr(items, "shape", None) == ()


def run(sender: StreamSender, items: Items, awaitable: bool) -> Any:  # noqa: FBT001 - only the seam calls it
    """Send all items and wait until they are taken. Called by the seam.

    In a running event loop that is to go on meanwhile: something to await, which goes on without that, too.
    """
    is_async = isinstance(items, AsyncIterable)
    if (awaitable or is_async) and current_loop() is not None:
        return _in_loop(Sending(sender, items))
    if is_async:
        import asyncio  # noqa: PLC0415 - slow to import; whoever has an async iterable has it

        async def send() -> None:
            await Sending(sender, items).run()

        return asyncio.run(send())
    return _send(sender, items)


def _in_loop(sending: Sending) -> Any:
    if in_trio():
        from daffi._streams.trio_stream import TrioStream  # noqa: PLC0415 - needs trio, which only its users have

        return TrioStream(sending)
    from daffi._streams.asyncio_stream import StreamTask  # noqa: PLC0415 - needs asyncio, which is slow to import

    return StreamTask(sending)


def _send(sender: StreamSender, items: Iterable[Any]) -> None:
    is_asked = True
    try:
        for item in items:
            is_asked = False
            sender.push(item)
            is_asked = True
        is_asked = False
        sender.finish()
    except Exception:
        if is_asked:
            # The error is the producer's: what it has yielded before is taken first, as of a remote generator.
            with contextlib.suppress(Exception):
                sender.finish()
        raise
    finally:
        sender.close()
        close(items)
