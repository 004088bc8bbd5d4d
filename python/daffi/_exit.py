"""The end of the process: callbacks that still run are ended, so that none runs Python when the interpreter goes."""

from __future__ import annotations

import sys
import time

from daffi import _daffi


def end_callbacks(bound: float) -> None:
    """Raise SystemExit in every callback that runs on; one that comes back to Python within `bound` seconds ends.

    An interpreter that goes ends such a thread in the middle of our code, which takes the process along with an abort.
    One that does not come back, in a long sleep, is no harm: it never asks for the interpreter again.
    """
    until = time.monotonic() + bound
    while (running := _running()) and time.monotonic() < until:
        import ctypes  # noqa: PLC0415 - slow to import, and rarely needed

        for ident in running:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(ident), ctypes.py_object(SystemExit)
            )
        time.sleep(0.01)  # they need the interpreter for their end


def _running() -> set[int]:
    return set(sys._current_frames()).intersection(_daffi.serving_threads())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
