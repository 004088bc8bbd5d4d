"""Mix-ups that look right: what is said, and where."""

import dataclasses
import inspect
import re
from datetime import timedelta
from unittest import mock

import numpy as np
import pytest

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    AsyncResult,
    DaffiError,
    Global,
    InitializationError,
    RetryPolicy,
    callback,
    callback_and_fetcher,
    fetcher,
)
from daffi._api.calls_by_name import Calls
from daffi._daffi import Runtime
from daffi._streams.stream import items_of


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


@pytest.mark.parametrize(
    ("write", "meant"),
    [
        (lambda: FG(timout=1), "timeout"),
        (lambda: BG(time_out=1), "timeout"),
        (lambda: BROADCAST(nodes=["a"]), "node"),
        (lambda: NO_RETURN(Eta=1), "eta"),
        (lambda: STREAM(timeouts=1), "timeout"),
        (lambda: PERIOD(intervall=1), "interval"),
        (lambda: PERIOD(5, at_tim=1), "at_time"),
        (lambda: RetryPolicy(attempt=1), "stop_after_attempt"),
        (lambda: RetryPolicy(acceptable_error=OSError), "acceptable_errors"),
        (lambda: fetcher(modifier=FG), "exec_modifier"),
        (lambda: fetcher(FG, arg_from_body=True), "args_from_body"),
        (lambda: callback_and_fetcher(arguments_from_body=True), "args_from_body"),
        (lambda: callback(atonce=1), "at_once"),
        (lambda: Global(init_controler=True), "init_controller"),
        (lambda: Calls(Runtime).echo(1).fg(timout=1), "timeout"),
    ],
)
def test_a_name_that_there_is_not_shows_the_one_that_was_meant(write, meant):
    with pytest.raises(InitializationError, match=rf"\nhint: did you mean {meant}\?") as caught:
        write()
    assert isinstance(caught.value, TypeError)


def test_a_name_that_is_like_none_shows_what_there_is():
    with pytest.raises(
        TypeError, match=r"FG takes .*'eta'\nhint: there are: timeout, retry_policy, node"
    ):
        FG(eta=1)
    with pytest.raises(TypeError, match=r"hint: there are: exec_modifier, args_from_body$"):
        fetcher(FG, sure=True)


@pytest.mark.parametrize(
    ("write", "elsewhere"),
    [
        (lambda: FG(eta=1), "BG, BROADCAST and NO_RETURN take 'eta'"),
        (lambda: NO_RETURN(timeout=1), "FG, BG, BROADCAST and STREAM take 'timeout'"),
        (lambda: FG(interval=1), "PERIOD takes 'interval'"),
        (lambda: fetcher(timeout=1), "FG, BG, BROADCAST and STREAM take 'timeout'"),
    ],
)
def test_a_name_that_belongs_to_another_modifier_says_to_which(write, elsewhere):
    # It said only what there is, and left the reader to look for the rest.
    with pytest.raises(TypeError, match=f"; {elsewhere}$"):
        write()


@pytest.mark.parametrize("wrong", ["no", 1, None])
def test_a_switch_of_a_modifier_is_true_or_false(wrong):
    # "no" was taken for yes.
    for modifier, name in [(BG, "return_result"), (BG, "no_return"), (BROADCAST, "return_result")]:
        with pytest.raises(InitializationError, match=f"^{name} is not True or False: {wrong!r}"):
            modifier(**{name: wrong})


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "write",
    [
        lambda wrong: FG(timeout=wrong),
        lambda wrong: FG(node=wrong),
        lambda wrong: FG(retry_policy=wrong),
        lambda wrong: PERIOD(at_time=wrong),
        lambda wrong: RetryPolicy(wrong),
        lambda wrong: Global(port=wrong),
        lambda wrong: callback(wrong),
        lambda wrong: fetcher(FG)(wrong),
        lambda wrong: items_of("store", (wrong,), None),
    ],
)
@pytest.mark.parametrize("wrong", [b"x" * 5_000_000, Unspeakable()], ids=["large", "without repr"])
def test_whatever_is_wrong_is_quoted_in_few_lines(write, wrong):
    # A large value was told in full, and an error of its `repr` took the place of what to do.
    with pytest.raises(DaffiError) as caught:
        write(wrong)
    assert len(str(caught.value)) < 1500


@pytest.mark.parametrize("kind", [FG, BG, BROADCAST, NO_RETURN, STREAM, PERIOD, RetryPolicy])
def test_what_has_fields_tells_them(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    assert list(inspect.signature(kind).parameters) == names


@pytest.mark.parametrize("given", ["1h", "90", " 2 hours", timedelta(minutes=5)])
def test_a_length_of_time_is_no_point_in_time(given):
    hint = rf"hint: PERIOD\(interval={re.escape(repr(given))}\) .*; PERIOD\(at_time=time\.time\(\) \+ seconds\)"
    for at_time in (given, [given]):
        with pytest.raises(InitializationError, match=hint) as caught:
            PERIOD(at_time)
        assert "not a point in time" in str(caught.value)


@pytest.mark.parametrize("given", ["2030-01-01", "2030-01-01 12:00:00"])
def test_a_date_in_words_shows_how_to_read_it(given):
    with pytest.raises(
        InitializationError, match=r"hint: PERIOD\(at_time=datetime\.fromisoformat\("
    ):
        PERIOD(given)


@pytest.mark.parametrize("given", ["tomorrow", "", "0", b"1h", object()])
def test_what_can_only_be_no_point_in_time_shows_what_is_one(given):
    with pytest.raises(InitializationError, match="hint: seconds since 1970"):
        PERIOD(given)


@pytest.mark.parametrize("interval", [0, "0", -1, "-5s", timedelta(0)])
def test_an_interval_of_nothing_shows_one(interval):
    with pytest.raises(
        InitializationError, match=r"longer than zero.*\nhint: PERIOD\(interval=5\)"
    ):
        PERIOD(interval=interval)


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


def test_what_others_offer_is_replaced_in_a_test():
    calls = Calls(Runtime)
    before = calls.echo
    for name in ("echo", "other"):
        with mock.patch.object(calls, name, mock.Mock(return_value=5)):
            assert getattr(calls, name)(1) == 5
        assert "fetcher" in repr(getattr(calls, name))
    assert calls.echo is before
