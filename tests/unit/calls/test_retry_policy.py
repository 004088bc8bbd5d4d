"""`RetryPolicy` without a call: which errors, how often, how long between."""

from datetime import timedelta

import pytest

from daffi import (
    GlobalContextError,
    InitializationError,
    Overloaded,
    RemoteCallError,
    RetryPolicy,
    UnableToFindCandidate,
)
from daffi._wire.remote_errors import describe, rebuild


@pytest.mark.parametrize(
    ("policy", "wait"),
    [
        (RetryPolicy(), 5),
        (RetryPolicy(wait=1.5), 1.5),
        (RetryPolicy(wait="1m"), 60),
        (RetryPolicy(wait=timedelta(seconds=3)), 3),
        (RetryPolicy(wait=None), 0),
    ],
)
def test_five_seconds_pass_between_two_attempts_unless_said_otherwise(policy, wait):
    assert policy._rule() == (None, 0, wait)


@pytest.mark.parametrize(
    "acceptable", [LookupError, (OSError, KeyError), [OSError, LookupError], None]
)
def test_one_class_of_errors_or_several_with_their_subclasses_are_worth_an_attempt(acceptable):
    assert RetryPolicy(acceptable).is_worth(KeyError("first"))


@pytest.mark.parametrize("acceptable", [LookupError, (OSError, KeyError)])
def test_any_other_error_is_raised_at_once(acceptable):
    assert not RetryPolicy(acceptable).is_worth(ValueError("first"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()])
def test_what_ends_a_program_is_worth_no_attempt(error):
    assert not RetryPolicy().is_worth(error)


class Busy(Overloaded):
    """An error of a user's, told from those of daffi by its class."""


NOT_RUN = [Overloaded, UnableToFindCandidate, GlobalContextError]


@pytest.mark.parametrize("kind", NOT_RUN)
def test_what_a_callback_got_of_a_call_of_its_own_does_not_say_that_the_callback_has_not_run(kind):
    out_of_a_callback = rebuild(describe(kind("of a call in the callback")), "worker")
    assert isinstance(out_of_a_callback, kind)
    assert not RetryPolicy(tuple(NOT_RUN)).is_worth(out_of_a_callback)


@pytest.mark.parametrize("kind", NOT_RUN)
def test_the_same_error_of_the_call_itself_is_worth_an_attempt(kind):
    assert RetryPolicy(kind).is_worth(kind("of the call itself"))


@pytest.mark.parametrize("acceptable", [RemoteCallError, (Overloaded, Busy), None])
def test_an_error_out_of_a_callback_is_worth_an_attempt_by_any_other_of_its_classes(acceptable):
    assert RetryPolicy(acceptable).is_worth(rebuild(describe(Busy("there")), "worker"))


def test_only_errors_that_contain_the_text_are_worth_an_attempt():
    policy = RetryPolicy(str_expression="busy")
    assert policy.is_worth(OSError("it is busy"))
    assert not policy.is_worth(OSError("it is gone"))


@pytest.mark.parametrize("most", [1, 3, 10**30])
def test_the_number_of_attempts_may_be_any(most):
    assert RetryPolicy(stop_after_attempt=most)._rule()[0] == min(most, 2**63 - 1)


@pytest.mark.parametrize("limit", [None, 0, "0s", timedelta(0)])
def test_without_a_limit_attempts_go_on(limit):
    assert RetryPolicy(stop_after_delay=limit)._rule() == (None, 0, 5)


def test_the_fields_may_be_given_by_position():
    assert RetryPolicy(KeyError, 3, 10, 1, "text") == RetryPolicy(
        acceptable_errors=KeyError,
        stop_after_attempt=3,
        stop_after_delay=10,
        wait=1,
        str_expression="text",
    )


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("acceptable_errors", ()),
        ("acceptable_errors", []),
        ("acceptable_errors", KeyError("an instance")),
        ("acceptable_errors", {KeyError}),
        ("stop_after_attempt", "3"),
        ("str_expression", 503),
        ("str_expression", b"busy"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused_where_the_policy_is_made(field, wrong):
    with pytest.raises(InitializationError, match=field) as caught:
        RetryPolicy(**{field: wrong})
    assert repr(wrong) in str(caught.value)
