"""Signals that end a `join`; handlers that were there run, too."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import FrameType

    from daffi._daffi import Runtime


class EndingOn:
    """While it lasts, these signals end the wait of a `join`; handlers that were there run, too.

    Off the main thread Python takes no handlers: there only what the main thread does about a signal counts.
    """

    def __init__(self, runtime: Runtime, *numbers: signal.Signals) -> None:
        self._runtime = runtime
        self.numbers = numbers
        self._before: dict[int, Any] = {}
        self._is_over = False
        self._pid = os.getpid()
        self.came = False

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in self.numbers:
                self._before[number] = signal.signal(number, self._handle)
            _lasting.append(self)

    def __exit__(self, *_: object) -> None:
        if self in _lasting:
            _lasting.remove(self)
        self.give_back()

    def give_back(self) -> None:
        """Put the handlers back that were there before."""
        self._is_over = True
        for number in self._before:
            # Tasks of one event loop end in any order, and meanwhile others may have taken the signal.
            if signal.getsignal(number) == self._handle:
                signal.signal(number, self._handler_before(number))

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._is_over or self._pid != os.getpid():
            # A handler that was made while this lasted may call it ever after.
            _as_if_alone(self._handler_before(number), number, frame)
            return
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


_lasting: Final[list[EndingOn]] = []
"""Those that last now, in the order in which they took the signals."""


_held_back: Final = threading.local()
"""Which signals a thread that forks heard before."""


def before_fork() -> None:
    """Hold signals back for the time of a fork: one that reached the child before its handlers are put back was lost.

    Between `fork` and the hooks of the child Python forgets the signals that it has noted. With a handler of ours in
    place that is a SIGTERM that does nothing: `multiprocessing.Pool` sends one to a child this young, and waits.
    """
    if _lasting:
        numbers = {number for ending in _lasting for number in ending.numbers}
        _held_back.before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


def after_fork() -> None:
    """Hear them again, in the parent and at last in the child."""
    before = _held_back.__dict__.pop("before", None)
    if before is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def forked(*, on_thread_of_ours: bool) -> None:
    """In a forked child, which joins nothing: signals do what they did before its parent joined."""
    ended = list(reversed(_lasting))
    _lasting.clear()
    for ending in ended:
        ending.give_back()
    if on_thread_of_ours:
        # The event loop of the main thread is the parent's: it would be told of the child's signals, and `asyncio.run`
        # would have the first Ctrl+C cancel a task that the child does not have.
        signal.set_wakeup_fd(-1)
        if _is_of_asyncio(signal.getsignal(signal.SIGINT)):
            signal.signal(signal.SIGINT, signal.default_int_handler)
    after_fork()


def _is_of_asyncio(handler: Any) -> bool:
    method = getattr(handler, "func", None)
    return getattr(method, "__module__", None) == "asyncio.runners"


def _as_if_alone(handler: Any, number: int, frame: FrameType | None) -> None:
    """Do what the process would do if this handler stood alone for the signal."""
    if callable(handler):
        handler(number, frame)
    elif handler == signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
