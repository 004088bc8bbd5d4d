"""Points in time as people give them: seconds since 1970, datetimes, and one common mistake that is understood."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta
from numbers import Number
from typing import TYPE_CHECKING, Any, Final, SupportsFloat, cast

from daffi._exceptions import GlobalContextError, InitializationError
from daffi._input.durations import seconds
from daffi._input.quoted import quoted
from daffi._log import calls

if TYPE_CHECKING:
    from collections.abc import Iterable

Moment = SupportsFloat | datetime
"""A point in time; a datetime without a zone is local time."""

MAX_MOMENTS: Final = 65_536
"""The most points in time of one task; the same as in the protocol."""

IDIOM_WINDOW: Final = 1800.0
"""How far ahead `datetime.utcnow().timestamp() + n` is understood, in seconds.

That stamp is off by the distance of the local zone from UTC. Half an hour is less than zones differ from UTC, so a
stamp that has just passed is never taken for this idiom.
"""

DAY: Final = 86400.0

LATEST: Final = 253_402_300_800.0
"""The end of the year 9999, the last that a datetime has. A stamp beyond it was not given in seconds."""


def stamps(at_time: Moment | Iterable[Moment]) -> list[float]:
    """The seconds since 1970 of one or several points in time, all of which must be still to come.

    Raises:
        InitializationError: one has passed, one cannot be read, or there is none, or too many.
    """
    now = time.time()
    several: list[Any] = [at_time] if isinstance(at_time, (datetime, Number)) else _listed(at_time)
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
    if isinstance(at_time, (str, bytes, timedelta)):
        raise _unreadable(at_time)
    try:
        return list(at_time)  # pyright: ignore[reportUnknownVariableType,reportArgumentType] - or it is none
    except TypeError:
        raise _unreadable(at_time) from None


def _stamp(moment: Any, now: float) -> float:
    # Numbers of other libraries, too.
    if isinstance(moment, bool) or not isinstance(moment, (Number, datetime)):
        raise _unreadable(moment)
    try:
        stamp = moment.timestamp() if isinstance(moment, datetime) else float(cast("Any", moment))
    except (OverflowError, TypeError, ValueError, OSError):
        raise _unreadable(moment) from None
    if LATEST <= stamp < math.inf:
        raise InitializationError(
            f"this time is beyond the year 9999: {moment!r}\nhint: seconds since 1970, not milliseconds"
        )
    if not math.isfinite(stamp):
        raise _unreadable(moment)
    # A datetime with a zone leaves nothing to guess.
    is_local = not (isinstance(moment, datetime) and moment.tzinfo is not None)
    meant = _meant_by_utcnow(stamp, now) if is_local else None
    if stamp > now:
        if meant is not None:
            calls.warning(
                "at_time=%s is taken as it is, %.0f s from now; if made of datetime.utcnow(), it is %.0f s late\n"
                "hint: time.time() + seconds leaves no doubt",
                stamp,
                stamp - now,
                stamp - meant,
            )
        return stamp
    if meant is None:
        raise InitializationError(
            f"this time has passed: {moment!r}\nhint: PERIOD(at_time=time.time() + 60)"
        )
    calls.warning(
        "at_time=%s has passed and is read as made of datetime.utcnow(), %.0f s from now\n"
        "hint: time.time() + seconds leaves no doubt",
        stamp,
        meant - now,
    )
    return meant


def _meant_by_utcnow(stamp: float, now: float) -> float | None:
    """The time soon that is meant if the stamp was made of `datetime.utcnow()`, which Python reads as local time."""
    try:
        # On the day on which clocks are put forward, Python reads an hour that is skipped with the offset before it.
        offsets = [time.localtime(at).tm_gmtoff for at in (stamp, stamp - DAY)]
    except (OverflowError, ValueError, OSError):  # beyond the years that there are
        return None
    for offset in offsets:
        if offset and now < stamp + offset <= now + IDIOM_WINDOW:
            return stamp + offset
    return None


def _unreadable(moment: object) -> InitializationError:
    return InitializationError(f"not a point in time: {quoted(moment)}\nhint: {_meant(moment)}")


def _meant(moment: object) -> str:
    """What was meant by something that is no point in time, and how to write it."""
    if isinstance(moment, (str, timedelta)) and _is_duration(moment):
        return (
            f"PERIOD(interval={moment!r}) runs again and again, that long after each other; "
            "PERIOD(at_time=time.time() + seconds) once, so long from now"
        )
    if isinstance(moment, str) and _is_date(moment):
        return f"PERIOD(at_time=datetime.fromisoformat({moment!r}))"
    return "seconds since 1970 (time.time() + 60) or a datetime, or several of them"


def _is_duration(moment: str | timedelta) -> bool:
    try:
        return seconds(moment) > 0
    except GlobalContextError:
        return False


def _is_date(moment: str) -> bool:
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True
