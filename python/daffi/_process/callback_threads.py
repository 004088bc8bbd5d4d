"""Names threads that run callbacks: for log lines, debuggers and `threading.current_thread()`."""

from __future__ import annotations

import itertools
import threading
from typing import Any, Final, cast

_numbers: Final = itertools.count(1)


def begin() -> int:
    """Name the calling thread, which Python did not start; gives its number."""
    threading.current_thread().name = f"daffi-callback-{next(_numbers)}"
    return threading.get_ident()


def end() -> None:
    """Forget the calling thread: up to Python 3.11 one that Python did not start is listed for ever."""
    active = cast("dict[int, Any]", getattr(threading, "_active", {}))
    active.pop(threading.get_ident(), None)
