"""How long: numbers of seconds, timedeltas, and text as people write it."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Final, SupportsFloat

from daffi._exceptions import GlobalContextError
from daffi._input.quoted import quoted

Duration = SupportsFloat | timedelta | str | None
"""What a timeout or delay may be given as."""

SHORTEST: Final = 1e-6
"""The shortest duration that is none at all: a microsecond, in which limits and delays travel."""

_SECONDS: Final = {
    "ms": 0.001, "msec": 0.001, "msecs": 0.001, "millisecond": 0.001, "milliseconds": 0.001,
    "": 1.0, "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0,
    "m": 60.0, "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0,
    "h": 3600.0, "hr": 3600.0, "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0,
    "w": 604800.0, "week": 604800.0, "weeks": 604800.0,
}  # fmt: skip
_PIECE: Final = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", re.IGNORECASE)


def seconds(duration: Duration) -> float:
    """The seconds of a duration; None is 0, which means no limit.

    Raises:
        GlobalContextError: it is negative, not finite, or cannot be read.
    """
    if duration is None:
        return 0.0
    if isinstance(duration, timedelta):
        found = duration.total_seconds()
    elif isinstance(duration, str):
        found = _read(duration)
    elif isinstance(duration, (int, float, SupportsFloat)) and not _is_no_number(duration):  # pyright: ignore[reportUnnecessaryIsInstance] - the first two are quick to tell
        try:
            found = float(duration)
        except OverflowError:
            found = math.inf
        except (TypeError, ValueError):  # a number only by its class, as `numpy.timedelta64`
            raise _unreadable(duration) from None
    else:
        raise _unreadable(duration)
    if not math.isfinite(found) or found < 0:
        raise _unreadable(duration)
    # What is too short to be counted is still a limit.
    return max(found, SHORTEST) if found else 0.0


def _is_no_number(duration: object) -> bool:
    """Whether it has a `float` and is no number: a truth value, Python's or NumPy's, an array, a mock."""
    kind = type(duration)
    return kind.__name__ in {"bool", "bool_"} or hasattr(kind, "__iter__")


def _read(text: str) -> float:
    total, at = 0.0, 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        factor = _SECONDS.get(piece.group(2).lower()) if piece else None
        # "90" is seconds; a number without a unit has no place among others.
        if piece is None or factor is None or (not piece.group(2) and piece.group(0) != text):
            raise _unreadable(text)
        total += float(piece.group(1)) * factor
        at = piece.end()
    if at == 0:
        raise _unreadable(text)
    return total


def _unreadable(duration: object) -> GlobalContextError:
    return GlobalContextError(
        f"not a duration: {quoted(duration)}\n"
        "hint: write seconds (1.5), a timedelta, or text: '1m24s', '500ms', '2 hours'"
    )
