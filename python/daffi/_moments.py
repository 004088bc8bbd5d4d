"""Points in time as people give them: seconds since 1970, datetimes, and one common mistake that is understood."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import InitializationError
from daffi._log import calls

if TYPE_CHECKING:
    from collections.abc import Iterable

Moment = int | float | datetime
"""A point in time; a datetime without a zone is local time."""

MAX_MOMENTS: Final = 65_536
"""The most points in time of one task; the same as in the protocol."""

IDIOM_WINDOW: Final = 1800.0
"""How far ahead `datetime.utcnow().timestamp() + n` is understood, in seconds.

That stamp is off by the distance of the local zone from UTC, so it may also be the exact stamp of some other time.
Half an hour is less than zones differ from UTC, London's winter time aside, where it makes no difference: a stamp that
has just passed is never taken for this idiom.
"""


def stamps(at_time: Moment | Iterable[Moment]) -> list[float]:
    """The seconds since 1970 of one or several points in time, all of which must be still to come.

    Raises:
        InitializationError: one has passed, one cannot be read, or there is none, or too many.
    """
    now = time.time()
    several: list[Any] = (
        [at_time] if isinstance(at_time, (int, float, datetime)) else _listed(at_time)
    )
    if not several:
        raise InitializationError(
            "no point in time was given\nhint: PERIOD(at_time=time.time() + 60)"
        )
    if len(several) > MAX_MOMENTS:
        raise InitializationError(
            f"more than {MAX_MOMENTS} points in time: {len(several)}\nhint: PERIOD(interval=...)"
        )
    return [_stamp(moment, now) for moment in several]


def _listed(at_time: object) -> list[Any]:
    if isinstance(at_time, (str, bytes)):
        raise _unreadable(at_time)
    try:
        return list(at_time)  # pyright: ignore[reportUnknownVariableType,reportArgumentType] - or it is none
    except TypeError:
        raise _unreadable(at_time) from None


def _stamp(moment: Moment, now: float) -> float:
    if isinstance(moment, bool) or not isinstance(moment, (int, float, datetime)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _unreadable(moment)
    try:
        stamp = moment.timestamp() if isinstance(moment, datetime) else float(moment)
    except (OverflowError, ValueError, OSError):
        raise _unreadable(moment) from None
    if not math.isfinite(stamp):
        raise _unreadable(moment)
    # A datetime with a zone leaves nothing to guess.
    if not (isinstance(moment, datetime) and moment.tzinfo is not None):
        stamp = _understood(stamp, now)
    if stamp <= now:
        raise InitializationError(
            f"this time has passed: {moment!r}\nhint: PERIOD(at_time=time.time() + 60)"
        )
    return stamp


def _understood(stamp: float, now: float) -> float:
    """The stamp, or what is meant where it was made of `datetime.utcnow()`, which Python reads as local time."""
    try:
        read_back = datetime.fromtimestamp(stamp)  # noqa: DTZ006 - local time is the point
        meant = read_back.replace(tzinfo=UTC).timestamp()
    except (OverflowError, ValueError, OSError):  # beyond the years that there are
        return stamp
    is_the_same = abs(meant - stamp) < 1  # the way back rounds
    if is_the_same or not now < meant <= now + IDIOM_WINDOW:
        return stamp
    calls.warning(
        "at_time=%s is read as %s UTC, as if made of datetime.utcnow(); time.time() + seconds leaves no doubt",
        stamp,
        read_back.isoformat(timespec="seconds"),
    )
    return meant


def _unreadable(moment: object) -> InitializationError:
    text = "seconds since 1970 (time.time() + 60) or a datetime, or several of them"
    return InitializationError(f"not a point in time: {moment!r}\nhint: {text}")
