"""What awaiting an `AsyncResult` or a `Call` does: the event loop waits for the outcome without being held up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from daffi._aio.waiting import ended, ended_within, turn
from daffi._exceptions import TimeoutError  # noqa: A004 - also the builtin one
from daffi._input.durations import seconds

if TYPE_CHECKING:
    from daffi._daffi import AsyncResult
    from daffi._input.durations import Duration

T = TypeVar("T")


async def get_async(result: AsyncResult[Any], timeout: Duration = None) -> Any:  # noqa: ASYNC109 - the name users know from `get`
    """Wait for the outcome of a call in the running event loop, asyncio's or trio's.

    Raises:
        TimeoutError: it did not come within `timeout`; the call goes on.
        GlobalContextError: `timeout` is negative or cannot be read.
    """
    patience = seconds(timeout) or None
    # Other tasks run first, even if the answer has arrived: a task that awaits fast calls in a row must not starve
    # them. A fast answer arrives during that turn of the loop, and then needs no wake-up.
    await turn()
    if result.ready or result.look():
        return result.get()
    if patience is None:
        await ended(result)
        return result.get()
    await ended_within(result, patience)
    if not result.ready:
        raise TimeoutError(f"{result.func_name}: no result within {patience} s; the call goes on")
    return result.get()


async def itself(awaited: T) -> T:
    """What awaiting a call gives that has no modifier yet, and a result of an `async def` fetcher, once.

    Called by the seam.
    """
    return awaited
