"""The end of the process: callbacks that still run are ended, so that none runs Python when the interpreter goes."""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from daffi import _daffi, _log

if TYPE_CHECKING:
    from collections.abc import Callable

_TAKEN: Final = 0.1
"""Seconds in which a thread that runs Python takes what is raised in it."""


class _Rest(SystemExit):
    """Blocks for ever in its constructor, which runs in the thread that it is raised in: no code can catch it."""

    def __init__(self) -> None:
        super().__init__()
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()


def end_callbacks(bound: float) -> None:
    """Raise SystemExit in every callback that runs on; one that comes back to Python within `bound` seconds ends.

    An interpreter that goes ends such a thread in the middle of our code, which takes the process along with an abort.
    One that does not come back, in a long sleep, is no harm: it never asks for the interpreter again.
    One that catches whatever is raised, as a bare `except` in a loop does, is made to wait until the process is gone.
    """
    _end(_daffi.serving_threads, bound)
    if running := _alive(_daffi.serving_threads()):
        for ident in running:
            _raise(_Rest, ident)
        time.sleep(_TAKEN)
        # One that logs has a lock of `logging` about as often as not.
        _leave_out_held()


def end_log(patience: float, bound: float) -> None:
    """Wait until what was told is logged, for `patience` seconds; then end the handler that takes so long.

    It may hold its lock, which the end of `logging` waits for: one that does not even end then is left out of that.
    """
    if not _daffi.end_log(patience):
        _end(lambda: [] if _daffi.end_log(0) else _log.threads(), bound)
        if not _daffi.end_log(0):
            _leave_out_held()


def _leave_out_held() -> None:
    """Have `logging.shutdown` pass by the handlers whose locks other threads hold: it would wait for them for ever."""
    handlers: list[Any] = getattr(logging, "_handlerList", [])
    for reference in list(handlers):
        lock = getattr(reference(), "lock", None)
        if lock is None:
            continue
        if lock.acquire(timeout=_TAKEN):
            lock.release()
        else:
            handlers.remove(reference)


def _end(threads: Callable[[], list[int]], bound: float) -> None:
    until = time.monotonic() + bound
    while (running := _alive(threads())) and time.monotonic() < until:
        for ident in running:
            _raise(SystemExit, ident)
        time.sleep(0.01)  # they need the interpreter for their end


def _raise(kind: type[BaseException], ident: int) -> None:
    import ctypes  # noqa: PLC0415 - slow to import, and rarely needed

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


def _alive(threads: list[int]) -> set[int]:
    return set(sys._current_frames()).intersection(threads)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
