"""The event loop of the process in trio, where the Global was made under trio: like `_loop.CallbackLoop`."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import trio

from daffi._context import running
from daffi._exhaust import exhaust
from daffi._loop import gone, here

if TYPE_CHECKING:
    from daffi._loop import Work


class TrioCallbackLoop:
    """A trio run in a thread, and the calls that wait to be started in it; bounded as in `CallbackLoop`."""

    def __init__(self) -> None:
        self.waiting: deque[Work] = deque()
        self.held = 0
        self._is_called = False
        ready = threading.Event()
        self.thread = threading.Thread(
            target=trio.run, args=[self._main, ready], name="daffi-loop", daemon=True
        )
        self.thread.start()
        ready.wait()

    def submit(self, work: Work) -> None:
        """Start a call in the run; from any thread."""
        self.waiting.append(work)
        # The order of the two is explained in `CallbackLoop.submit`.
        if not self._is_called:
            self._is_called = True
            self._token.run_sync_soon(self._start_all)

    def begin_stop(self) -> None:
        """Cancel what runs and end the run and its thread."""
        self._token.run_sync_soon(self._nursery.cancel_scope.cancel)

    async def _main(self, ready: threading.Event) -> None:
        here(self)
        self._token = trio.lowlevel.current_trio_token()
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                ready.set()
                await trio.sleep_forever()
        finally:
            gone()

    def _start_all(self) -> None:
        self._is_called = False
        while self.waiting:
            work = self.waiting.popleft()
            scope = trio.CancelScope()
            self._nursery.start_soon(_answer, scope, work)
            work.responder.on_cancel(lambda scope=scope: self._cancel(scope))

    def _cancel(self, scope: trio.CancelScope) -> None:
        self._token.run_sync_soon(scope.cancel)


async def _answer(scope: trio.CancelScope, work: Work) -> None:
    responder = work.responder
    running.set(responder)
    with scope:
        try:
            value: Any = await work.function(*work.args, **work.kwargs)
            if not responder.wants_value:
                await exhaust(value)
        except trio.Cancelled as error:
            responder.fail(error)
            raise
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it; it must not end the run
            responder.fail(error)
        else:
            responder.reply(value)
