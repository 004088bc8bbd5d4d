"""Signals that end a `join`; handlers that were there run, too."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

    from daffi._daffi import Runtime


class EndingOn:
    """While it lasts, these signals end the wait of a `join`; handlers that were there run, too.

    Off the main thread Python takes no handlers: there only what the main thread does about a signal counts.
    """

    def __init__(self, runtime: Runtime, *numbers: signal.Signals) -> None:
        self._runtime = runtime
        self._numbers = numbers
        self._before: dict[int, Any] = {}
        self._is_over = False
        self.came = False

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in self._numbers:
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for number in self._before:
            # Tasks of one event loop end in any order, and meanwhile others may have taken the signal.
            if signal.getsignal(number) == self._handle:
                signal.signal(number, self._handler_before(number))

    def _handle(self, number: int, frame: FrameType | None) -> None:
        before = self._before.get(number)
        self.came = True
        self._runtime.request_stop()
        if callable(before) and before is not signal.default_int_handler:
            before(number, frame)

    def _handler_before(self, number: int) -> Any:
        """The handler that was there, below those of other joins that are over."""
        before = self._before[number]
        other = getattr(before, "__self__", None)
        if isinstance(other, EndingOn) and other._is_over:  # noqa: SLF001 - of the same class
            return other._handler_before(number)  # noqa: SLF001
        # None: it was not made by Python.
        return signal.SIG_DFL if before is None else before
