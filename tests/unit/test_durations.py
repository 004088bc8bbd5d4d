"""Durations: what is read, what is refused, and that no limit is lost."""

import pytest

from daffi._durations import seconds
from daffi._exceptions import GlobalContextError


def test_none_and_zero_are_no_limit() -> None:
    assert seconds(None) == seconds(0) == seconds("0ms") == 0


@pytest.mark.parametrize("tiny", [1e-12, 5e-324, "0.0000001ms"])
def test_a_limit_too_short_to_be_counted_is_still_one(tiny: float | str) -> None:
    # It was rounded to nothing, and the call waited for ever.
    assert 0 < seconds(tiny) <= 1e-6


@pytest.mark.parametrize(
    "wrong", [-1, float("nan"), float("inf"), 10**400, "9" * 400, "", "soon", True]
)
def test_what_is_no_duration_is_quoted(wrong: float | str) -> None:
    with pytest.raises(GlobalContextError, match=r"^not a duration: "):
        seconds(wrong)
