"""Ends a child that was forked in a callback, where it comes back to the thread of daffi that ran the callback."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_stops: Final[list[Callable[[], object]]] = []
"""What stops the Global of this process, as the module of `Global` has said."""


def end(error: BaseException | None = None) -> NoReturn:
    """End this process as the user's code ended: an exit code of `sys.exit`, a traceback and 1, or 0.

    Like a main thread that is at its end it waits for other threads of the child, stops the child's own Global, and
    writes what is buffered. Functions of `atexit` do not run: they were registered for the parent, and would take away
    what is the parent's.
    """
    status = 1
    with contextlib.suppress(BaseException):
        status = _status(error)
    for last in (_wait_for_threads, _stop_own, _write_buffered):
        with contextlib.suppress(BaseException):
            last()
    if isinstance(error, KeyboardInterrupt):
        # Whoever waits for the child sees that it was interrupted.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    os._exit(status)


def stop_with(stop: Callable[[], object]) -> None:
    """Have `stop` called before a child ends: it stops a Global that the child made."""
    _stops.append(stop)


def forked() -> None:
    """Let Python end a child whose main thread is now one that Python did not start, such as ours.

    Up to 3.11.7 and 3.12.1 (gh-102512) such a thread has no lock of its thread state, `threading._shutdown` asserts
    that it has one, and a child of `multiprocessing` ended with 1 whatever its function did. Later versions make it a
    main thread like any other, and 3.13 has no such lock.
    """
    thread: Any = threading.main_thread()
    dummy = getattr(threading, "_DummyThread", ())
    if isinstance(thread, dummy) and getattr(thread, "_tstate_lock", 0) is None:
        thread._set_tstate_lock()  # noqa: SLF001 - what `threading` calls in each thread of its own


def _status(error: BaseException | None) -> int:
    if error is None:
        return 0
    if not isinstance(error, SystemExit):
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    code = error.code
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    return 1


def _wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()


def _stop_own() -> None:
    for stop in _stops:
        stop()


def _write_buffered() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(Exception):
                stream.flush()
