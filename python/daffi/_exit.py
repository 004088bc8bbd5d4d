"""The end of the process: callbacks that still run are ended, so that none runs Python when the interpreter goes."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from daffi import _daffi, _log

if TYPE_CHECKING:
    from collections.abc import Callable


def end_callbacks(bound: float) -> None:
    """Raise SystemExit in every callback that runs on; one that comes back to Python within `bound` seconds ends.

    An interpreter that goes ends such a thread in the middle of our code, which takes the process along with an abort.
    One that does not come back, in a long sleep, is no harm: it never asks for the interpreter again.
    """
    _end(_daffi.serving_threads, bound)


def end_log(patience: float, bound: float) -> None:
    """Wait until what was told is logged, for `patience` seconds; then end the handler that takes so long.

    It may hold its lock, which the end of `logging` waits for.
    """
    if not _daffi.end_log(patience):
        _end(lambda: [] if _daffi.end_log(0) else _log.threads(), bound)


def _end(threads: Callable[[], list[int]], bound: float) -> None:
    until = time.monotonic() + bound
    while (running := _alive(threads())) and time.monotonic() < until:
        import ctypes  # noqa: PLC0415 - slow to import, and rarely needed

        for ident in running:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(ident), ctypes.py_object(SystemExit)
            )
        time.sleep(0.01)  # they need the interpreter for their end


def _alive(threads: list[int]) -> set[int]:
    return set(sys._current_frames()).intersection(threads)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
