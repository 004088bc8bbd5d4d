"""The awaiting part of `AsyncResult`: an event loop waits for a call without being held up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from daffi._daffi import AsyncResult


async def get_async(result: AsyncResult[Any], timeout: float | None = None) -> Any:  # noqa: ASYNC109 - the name users know from `get`
    """Wait for the outcome of a call in the running event loop.

    Raises:
        TimeoutError: it did not come within `timeout` seconds; the call goes on.
    """
    if not result.ready:
        import asyncio  # noqa: PLC0415 - slow to import; whoever awaits has it

        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        result.add_done_callback(lambda _: _wake(loop, done))
        if timeout is None:
            await done.wait()
        else:
            try:
                await asyncio.wait_for(done.wait(), timeout)
            except TimeoutError:
                # Raises the error of `get`, unless the outcome came in this very moment.
                return result.get(1e-9)
    return result.get()


def _wake(loop: asyncio.AbstractEventLoop, done: asyncio.Event) -> None:
    # A loop that is closed has nobody left who waits.
    if not loop.is_closed():
        loop.call_soon_threadsafe(done.set)
