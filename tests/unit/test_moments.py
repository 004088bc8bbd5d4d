"""Points in time, in every zone, and the stamp that is meant."""

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from daffi import PERIOD, GlobalContextError, InitializationError
from daffi._moments import MAX_MOMENTS, stamps

ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Asia/Tokyo",
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
    return datetime.now(UTC).replace(tzinfo=None).timestamp() + seconds


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("ahead", [1, 60, 1500])
def test_the_idiom_of_utcnow_works_in_any_zone(ahead):
    now = time.time()
    (stamp,) = stamps(utc_stamp(ahead))
    assert stamp == pytest.approx(now + ahead, abs=0.5)


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("ahead", [1, 60, 1500, 3000, 86400 * 30])
def test_seconds_since_1970_are_taken_as_they_are(ahead):
    stamp = time.time() + ahead
    assert stamps(stamp) == [stamp]


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
