"""Says where a blocking wait holds up an event loop. Called by the seam, on the thread of the loop."""

from __future__ import annotations

import inspect
import logging
import sys
from typing import TYPE_CHECKING, Final

from daffi._log import calls

if TYPE_CHECKING:
    from types import FrameType

PLACES: Final = 1000
"""The most places that are told of. Beyond it nothing new can be learned from another."""

_COROUTINE: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_told: Final[set[tuple[str, int]]] = set()


def tell(what: str, hint: str) -> None:
    """Warn, once for each place in the program, that `what` holds up the event loop.

    Where a value that could be awaited is used instead, that is as promised and no warning.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
    level = logging.WARNING
    while frame is not None and _is_ours(module := _module(frame)):
        if module == "daffi._aio.awaitable":
            level = logging.INFO
        frame = frame.f_back
    if frame is None:
        return
    place = frame.f_code.co_filename, frame.f_lineno
    if place in _told or len(_told) >= PLACES or not _is_of_loop(frame):
        return
    _told.add(place)
    if calls.isEnabledFor(level):
        text = "%s:%d: %s holds up the event loop of this thread\nhint: %s"
        extra = {"daffi": {"place": f"{place[0]}:{place[1]}"}}
        calls.handle(
            calls.makeRecord(
                calls.name, level, *place, text, (*place, what, hint), None, extra=extra
            )
        )


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in {"daffi", "wrapt"}


def _is_of_loop(frame: FrameType | None) -> bool:
    """Whether the loop runs this code for its own sake: the cell of a notebook runs in a loop, too, and may wait."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "<module>" or code.co_name.startswith("<cell"):
            return False
        if code.co_flags & _COROUTINE or _module(frame).partition(".")[0] in {"asyncio", "trio"}:
            return True
        frame = frame.f_back
    return True
