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


class Attempts:
    """Fails with one error after the other; tells how often it ran and how long was waited between."""

    def __init__(self, policy, *errors):
        self.runs = 0
        self.waits = []
        self.errors = list(errors)
        self.retrying = policy.attempts(lambda: False).copy(sleep=self.waits.append)

    def run(self):
        self.runs += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"

    def outcome(self):
        return self.retrying(self.run)


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
    attempts = Attempts(policy, KeyError(), KeyError())
    assert attempts.outcome() == "done"
    assert attempts.waits == [wait, wait]


@pytest.mark.parametrize(
    "acceptable", [LookupError, (OSError, KeyError), [OSError, LookupError], None]
)
def test_one_class_of_errors_or_several_with_their_subclasses_are_worth_an_attempt(acceptable):
    attempts = Attempts(RetryPolicy(acceptable), KeyError("first"))
    assert attempts.outcome() == "done"
    assert attempts.runs == 2


@pytest.mark.parametrize("acceptable", [LookupError, (OSError, KeyError)])
def test_any_other_error_is_raised_at_once(acceptable):
    attempts = Attempts(RetryPolicy(acceptable), ValueError("first"))
    with pytest.raises(ValueError, match="first"):
        attempts.outcome()
    assert attempts.runs == 1


class Busy(Overloaded):
    """An error of a user's, told from those of daffi by its class."""


NOT_RUN = [Overloaded, UnableToFindCandidate, GlobalContextError]


@pytest.mark.parametrize("kind", NOT_RUN)
def test_what_a_callback_got_of_a_call_of_its_own_does_not_say_that_the_callback_has_not_run(kind):
    out_of_a_callback = rebuild(describe(kind("of a call in the callback")), "worker")
    assert isinstance(out_of_a_callback, kind)
    attempts = Attempts(RetryPolicy(tuple(NOT_RUN)), out_of_a_callback)
    with pytest.raises(RemoteCallError, match="of a call in the callback"):
        attempts.outcome()
    assert attempts.runs == 1


@pytest.mark.parametrize("kind", NOT_RUN)
def test_the_same_error_of_the_call_itself_is_worth_an_attempt(kind):
    attempts = Attempts(RetryPolicy(kind), kind("of the call itself"))
    assert attempts.outcome() == "done"
    assert attempts.runs == 2


@pytest.mark.parametrize("acceptable", [RemoteCallError, (Overloaded, Busy), None])
def test_an_error_out_of_a_callback_is_worth_an_attempt_by_any_other_of_its_classes(acceptable):
    attempts = Attempts(RetryPolicy(acceptable), rebuild(describe(Busy("there")), "worker"))
    assert attempts.outcome() == "done"
    assert attempts.runs == 2


def test_only_errors_that_contain_the_text_are_worth_an_attempt():
    policy = RetryPolicy(str_expression="busy")
    attempts = Attempts(policy, OSError("it is busy"), OSError("it is gone"))
    with pytest.raises(OSError, match="it is gone"):
        attempts.outcome()
    assert attempts.runs == 2


def test_the_last_error_is_raised_when_all_attempts_are_used():
    attempts = Attempts(
        RetryPolicy(stop_after_attempt=2), KeyError("first"), OSError("second"), OSError("third")
    )
    with pytest.raises(OSError, match="second"):
        attempts.outcome()
    assert attempts.runs == 2


def test_no_attempt_begins_when_the_time_is_over():
    attempts = Attempts(RetryPolicy(stop_after_delay=1e-6), *[KeyError(n) for n in range(9)])
    with pytest.raises(KeyError, match="0"):
        attempts.outcome()
    assert attempts.runs == 1


@pytest.mark.parametrize("limit", [None, 0, "0s", timedelta(0)])
def test_without_a_limit_attempts_go_on(limit):
    attempts = Attempts(RetryPolicy(stop_after_delay=limit), *[KeyError()] * 100)
    assert attempts.outcome() == "done"
    assert attempts.runs == 101


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
