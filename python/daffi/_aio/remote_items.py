"""The items of a generator of another process, for an event loop that iterates them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daffi._aio.waiting import Event

if TYPE_CHECKING:
    from daffi._daffi import RemoteStream


async def nothing(value: object = None) -> Any:
    """Give the value, without waiting for anything. Called by the seam."""
    return value


async def next_item(stream: RemoteStream[Any]) -> Any:
    """Wait for the next item without holding up the event loop. Called by the seam.

    Raises:
        StopAsyncIteration: there is none.
    """
    try:
        while not stream.ready:
            ready = Event()
            stream.on_ready(ready.set)
            await ready.wait()
        return next(stream)
    except StopIteration:
        raise StopAsyncIteration from None
    finally:
        # The traceback of a task that was cancelled here keeps this frame: the stream is to end with its iteration.
        del stream
