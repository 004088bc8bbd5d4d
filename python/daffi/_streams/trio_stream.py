"""`STREAM` in trio: it runs whether it is awaited or not, as in asyncio, where it is a task."""

from __future__ import annotations

import contextvars
import weakref
from typing import TYPE_CHECKING, Any

import trio

from daffi._exceptions import CallCancelled, GlobalContextError
from daffi._log import calls

if TYPE_CHECKING:
    from collections.abc import Generator

    from daffi._streams.sending import Sending


class TrioStream:
    """A stream under way; awaited, it gives None when every receiver has taken the last item.

    Who awaits it and is cancelled ends it.
    """

    def __init__(self, sending: Sending) -> None:
        name = sending.sender.name
        self._run = _Run(name, sending)
        # Trio has no task that nobody waits for, except those that belong to the run itself.
        trio.lowlevel.spawn_system_task(
            self._run.run, name=f"daffi stream to {name}", context=contextvars.copy_context()
        )
        weakref.finalize(self, self._run.leave).atexit = False

    def __await__(self) -> Generator[Any, None, None]:
        return self._run.wait().__await__()


class _Run:
    """under way ──> ended: all taken, an error, or cancelled by who awaited it."""

    def __init__(self, name: str, sending: Sending) -> None:
        self._name = name
        self._sending = sending
        self._scope = trio.CancelScope()
        self._ended = trio.Event()
        self._error: BaseException | None = None
        self._is_seen = False
        self._is_left = False

    async def run(self) -> None:
        try:
            with self._scope:
                await self._sending.run()
            if self._scope.cancelled_caught:
                self._error = CallCancelled(f"{self._name}: the stream was cancelled")
        except trio.Cancelled:
            self._error = CallCancelled(f"{self._name}: trio ended before the stream did")
            raise
        except BaseException as error:  # noqa: BLE001 - it would end the whole run of trio; whoever awaits gets it
            self._error = error
            self._log_if_unseen()
        finally:
            self._ended.set()

    async def wait(self) -> None:
        self._is_seen = self._sending.is_awaited = True
        try:
            await self._ended.wait()
        except trio.Cancelled:
            self._scope.cancel()
            # What the stream holds is let go before its task goes on.
            with trio.CancelScope(shield=True):
                await self._ended.wait()
            raise
        if self._error is not None:
            raise self._error

    def leave(self) -> None:
        """Nobody holds the stream any more, so nobody will await it."""
        self._is_left = True
        self._log_if_unseen()

    def _log_if_unseen(self) -> None:
        error = self._error
        if not self._is_left or self._is_seen or error is None:
            return
        if self._sending.is_told or isinstance(error, GlobalContextError):
            self._sending.tell()
        else:
            calls.error(
                "a stream to %s failed that nobody awaits: %s", self._name, error, exc_info=error
            )
