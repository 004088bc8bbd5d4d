"""Mix-ups that look right: what is said, and where."""

import numpy as np
import pytest

from daffi import (
    BG,
    BROADCAST,
    FG,
    PERIOD,
    STREAM,
    AsyncResult,
    InitializationError,
    RetryPolicy,
    callback,
    fetcher,
)
from daffi._call import Calls
from daffi._daffi import Runtime


@pytest.mark.parametrize("modifier", [FG, BG, FG(timeout=1)])
def test_a_callback_takes_no_modifier(modifier):
    with pytest.raises(InitializationError, match="@fetcher") as caught:
        callback(modifier)
    assert repr(modifier) in str(caught.value)
    # Nothing has become a callback by that.
    assert FG(timeout=2).timeout == 2


@pytest.mark.parametrize("modifier", [FG, BG, BROADCAST])
@pytest.mark.parametrize("policy", [5, ValueError, RetryPolicy, "3 times"])
def test_a_retry_policy_that_is_none_is_refused_where_the_modifier_is_made(modifier, policy):
    with pytest.raises(InitializationError, match="RetryPolicy") as caught:
        modifier(retry_policy=policy)
    assert repr(policy) in str(caught.value)


@pytest.mark.parametrize("line", ["* * * * *", "*/5 0 * * 1-5", "0 0 1 JAN ? 2030", "@daily"])
def test_a_line_of_cron_is_no_interval(line):
    with pytest.raises(InitializationError, match="looks like a line of cron") as caught:
        PERIOD(interval=line)
    assert repr(line) in str(caught.value)


@pytest.mark.parametrize("attempts", ["3", 0, -1, 1.5, True, [3]])
def test_a_number_of_attempts_that_is_none_is_refused(attempts):
    with pytest.raises(InitializationError, match="stop_after_attempt is a number") as caught:
        RetryPolicy(stop_after_attempt=attempts)
    assert repr(attempts) in str(caught.value)


@pytest.mark.parametrize("array", [np.array(5), np.float64(5)], ids=["array", "scalar"])
def test_an_array_without_a_dimension_is_no_stream(array):
    @fetcher(STREAM)
    def store(item): ...

    with pytest.raises(InitializationError, match="put it into a list"):
        store(array)


def test_a_name_behind_the_name_of_a_process_shows_how_to_call_one_process():
    calls = Calls(Runtime)
    with pytest.raises(
        AttributeError, match=r"hint: .* g\.call\.echo\(\.\.\.\) & FG\(node=\"server\"\)"
    ):
        calls.server.echo(1)
    assert not hasattr(calls.server, "echo")


def test_what_is_done_at_the_end_of_a_call_is_a_function():
    result, settle = AsyncResult.promise("a call")
    for wrong in (None, 5, "print"):
        with pytest.raises(InitializationError, match="add_done_callback") as caught:
            result.add_done_callback(wrong)
        assert repr(wrong) in str(caught.value)
    settle(None, None)


def test_what_others_offer_cannot_be_set():
    calls = Calls(Runtime)
    with pytest.raises(AttributeError, match=r"g\.call\.echo .* cannot be set\nhint: @callback"):
        calls.echo = lambda value: value
    assert "fetcher" in repr(calls.echo)
