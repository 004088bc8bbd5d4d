"""Points in time, in every zone, and the stamp that is meant."""

import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from daffi import PERIOD, GlobalContextError, InitializationError
from daffi._input.points_in_time import MAX_MOMENTS, stamps

ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "America/Sao_Paulo",
    "Europe/London",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Etc/GMT+1",
    "Etc/GMT+12",
]


@pytest.fixture(params=ZONES)
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def utc_stamp(seconds):
    """What `datetime.utcnow().timestamp() + seconds` gives, without the warning of newer Pythons."""
    return datetime.fromtimestamp(time.time(), UTC).replace(tzinfo=None).timestamp() + seconds


def at(text, monkeypatch):
    """Have it be this time, in UTC."""
    now = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    monkeypatch.setattr(time, "time", lambda: now)
    return now


# Days without a change, and the days on which clocks change somewhere in ZONES, hour by hour.
DAYS = ["2026-01-15", "2026-07-15", "2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"]
DAYS += ["2026-04-04", "2026-04-05", "2026-10-03", "2026-10-04"]
HOURS = [f"{day}T{hour:02}:{minute}" for day in DAYS for hour in range(24) for minute in (10, 50)]


def test_the_idiom_of_utcnow_is_understood_where_its_stamp_would_have_passed(zone, monkeypatch):
    # East of UTC it lies in the past by just the offset, on every day and at every hour.
    for text in HOURS:
        now = at(text, monkeypatch)
        for ahead in (1, 60, 1500):
            stamp = utc_stamp(ahead)
            if stamp <= now:
                assert stamps(stamp) == [pytest.approx(now + ahead, abs=0.5)], (text, ahead)
            else:
                assert stamps(stamp) == [stamp], (text, ahead)
    if zone.startswith(("Europe/Berlin", "Asia", "Australia", "Pacific")):
        assert stamp <= now


def test_a_stamp_that_lies_ahead_is_taken_as_it_is(zone, monkeypatch):
    # In New York `time.time() + 5 * 3600` was taken for the idiom, and ran at once.
    for text in HOURS:
        now = at(text, monkeypatch)
        offset = abs(time.localtime(now).tm_gmtoff)
        for ahead in (1, 60, 1500, 3000, offset, offset + 1, offset + 1799, 86400 * 30):
            if ahead:
                assert stamps(now + ahead) == [now + ahead], (zone, text, ahead)
                local = datetime.fromtimestamp(now + ahead)  # noqa: DTZ006 - local time is the point
                assert stamps(local) == [pytest.approx(local.timestamp(), abs=0.001)]


def test_where_a_stamp_may_be_that_idiom_a_warning_says_how_it_is_read(monkeypatch, caplog):
    for zone, ahead, text in (
        ("America/New_York", 5 * 3600 + 60, "taken as it is, 18060 s from now"),
        ("America/New_York", 60, None),
        ("Europe/Berlin", 60 - 3600, "read as made of datetime.utcnow(), 60 s from now"),
        ("Europe/Berlin", 3600 + 60, None),
        ("UTC", 5 * 3600 + 60, None),
    ):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        now = at("2026-01-15T12:00", monkeypatch)
        caplog.clear()
        stamps(now + ahead)
        assert [record.getMessage().count(text or "") for record in caplog.records] == [1] * bool(
            text
        )
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_datetimes_are_exact_with_a_zone_and_local_without():
    now = time.time()
    hour = timedelta(hours=1)
    for moment in (
        datetime.now(UTC) + hour,
        datetime.now(timezone(timedelta(hours=-7))) + hour,
        datetime.now() + hour,  # noqa: DTZ005 - local time is the point
    ):
        assert stamps(moment) == [pytest.approx(now + 3600, abs=0.5)]


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("ago", [0.001, 1, 60, 1500])
def test_a_time_that_has_passed_is_refused(ago):
    for moment in (
        time.time() - ago,
        datetime.now(UTC) - timedelta(seconds=ago),
        [time.time() + 60, time.time() - ago],
    ):
        with pytest.raises(InitializationError):
            PERIOD(at_time=moment)


def test_numbers_of_other_libraries_are_points_in_time_too():
    soon = int(time.time()) + 60
    for moment in (np.int64(soon), np.float64(soon), Fraction(soon), Decimal(soon)):
        assert stamps(moment) == stamps([moment]) == [soon]
    assert stamps(np.array([soon, soon + 1])) == [soon, soon + 1]


def test_milliseconds_are_not_taken_for_seconds():
    # They were a day in the year 58,800.
    with pytest.raises(InitializationError, match="not milliseconds"):
        stamps(time.time() * 1000)


def test_several_points_in_time_are_taken_from_any_iterable():
    later = [time.time() + ahead for ahead in (10, 20)]
    assert stamps(later) == stamps(tuple(later)) == stamps(iter(later)) == later


@pytest.mark.parametrize(
    "moment", [True, "tomorrow", b"1", float("nan"), float("inf"), object(), [None], [[]], 10**400]
)
def test_what_is_no_point_in_time_is_refused_and_quoted(moment):
    with pytest.raises(InitializationError, match="not a point in time"):
        PERIOD(at_time=moment)


def test_none_at_all_and_too_many_are_refused():
    with pytest.raises(InitializationError, match="no point in time"):
        PERIOD(at_time=[])
    with pytest.raises(InitializationError, match=str(MAX_MOMENTS)):
        PERIOD(at_time=[time.time() + 60] * (MAX_MOMENTS + 1))


def test_exactly_one_of_time_and_interval_is_given():
    with pytest.raises(InitializationError, match="one of them"):
        PERIOD()
    with pytest.raises(InitializationError, match="one of them"):
        PERIOD(at_time=time.time() + 60, interval=1)


@pytest.mark.parametrize(
    "interval", [0, 0.0, -1, -0.5, timedelta(0), timedelta(-1), "0", "-5s", "0ms"]
)
def test_an_interval_is_longer_than_zero(interval):
    with pytest.raises(InitializationError) as caught:
        PERIOD(interval=interval)
    assert repr(interval) in str(caught.value)


@pytest.mark.parametrize("interval", ["soon", "", "5 parsecs", object(), True])
def test_an_unreadable_interval_is_quoted(interval):
    with pytest.raises(GlobalContextError) as caught:
        PERIOD(interval=interval)
    assert repr(interval) in str(caught.value)
