"""Durations: what is read, what is refused, and that no limit is lost."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from unittest.mock import MagicMock

import numpy as np
import pytest

from daffi import BG, BROADCAST, FG, NO_RETURN, STREAM, Global, RetryPolicy
from daffi._exceptions import GlobalContextError
from daffi._input.durations import Duration, seconds


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (5, 5),
        (0.25, 0.25),
        (timedelta(minutes=1, milliseconds=500), 60.5),
        (np.int64(2), 2),
        (np.uint8(2), 2),
        (np.float32(0.5), 0.5),
        (Decimal("1.5"), 1.5),
        (Fraction(1, 2), 0.5),
        ("90", 90),
        ("1.5", 1.5),
        (".5s", 0.5),
        ("1m24s", 84),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("1.2 minutes", 72),
        ("2 hours 5 min", 7500),
        ("1 day", 86400),
        ("1w2d", 777600),
        ("3 WEEKS", 1814400),
        ("  10 secs ", 10),
        ("1 Hr", 3600),
        ("1min1sec250milliseconds", 61.25),
    ],
)
def test_a_duration_is_read(duration: Duration, expected: float) -> None:
    assert seconds(duration) == pytest.approx(expected)


def test_none_and_zero_are_no_limit() -> None:
    assert seconds(None) == seconds(0) == seconds("0ms") == 0


@pytest.mark.parametrize("tiny", [1e-12, 5e-324, "0.0000001ms"])
def test_a_limit_too_short_to_be_counted_is_still_one(tiny: float | str) -> None:
    # It was rounded to nothing, and the call waited for ever.
    assert 0 < seconds(tiny) <= 1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        -1,
        float("nan"),
        float("inf"),
        10**400,
        np.int64(-1),
        np.timedelta64(5, "ms"),
        np.array([1, 2]),
        "9" * 400,
        "",
        "soon",
        "-5s",
        "5 parsecs",
        "1m 30",
        "1:30",
        True,
        -0.001,
        timedelta(seconds=-1),
        "1h -5m",
        "h",
        b"5s",
        [5],
        # These have a `float` and are no numbers.
        np.bool_(True),
        np.array(5),
        MagicMock(),
    ],
)
def test_what_is_no_duration_is_quoted(wrong: float | str) -> None:
    with pytest.raises(GlobalContextError) as caught:
        seconds(wrong)
    assert str(caught.value).startswith(f"not a duration: {wrong!r}\n")


# Every place that takes a duration.
PLACES: list[Callable[[Duration], object]] = [
    lambda duration: FG(timeout=duration),
    lambda duration: BG(timeout=duration),
    lambda duration: BG(eta=duration),
    lambda duration: NO_RETURN(eta=duration),
    lambda duration: BROADCAST(timeout=duration),
    lambda duration: BROADCAST(eta=duration),
    lambda duration: STREAM(timeout=duration),
    lambda duration: RetryPolicy(stop_after_delay=duration),
    lambda duration: RetryPolicy(wait=duration),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "duration", [None, 0, 5, 0.25, timedelta(1), "1m24s", "90", "2 hours 5 min"]
)
def test_every_modifier_takes_durations_in_every_form(
    place: Callable[[Duration], object], duration: Duration
) -> None:
    place(duration)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wrong", [-1, timedelta(-1), "soon", "-5s"])
def test_every_modifier_refuses_what_is_none(
    place: Callable[[Duration], object], wrong: Duration
) -> None:
    with pytest.raises(GlobalContextError) as caught:
        place(wrong)
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("wrong", [-1, timedelta(-1), "soon", "-5s"])
def test_the_wait_for_a_controller_refuses_what_is_none(wrong: Duration) -> None:
    with pytest.raises(GlobalContextError) as caught:
        Global(host="localhost", port=1, connect_timeout=wrong)
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("short", [0.05, timedelta(milliseconds=50), "50ms", "0.05"])
def test_the_wait_for_a_controller_may_be_given_in_every_form(short: Duration) -> None:
    with pytest.raises(TimeoutError):
        Global(host="localhost", port=1, connect_timeout=short)
