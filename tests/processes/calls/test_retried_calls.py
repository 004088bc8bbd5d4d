"""With a retry policy a forgotten broadcast is still forgotten, and what cannot be made is refused where it is made."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


def test_a_forgotten_broadcast_that_is_retried_gives_none_at_once(serve, call):
    serve(PROVIDER)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        with within(0.4):
            assert (g.call.note("first", 0.5) & BROADCAST(retry_policy=policy)) is None
        g.stop()
    """)


def test_the_failure_of_a_forgotten_broadcast_that_is_retried_is_logged(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "the_failure_of_a_forgotten_broadcast_that_is_retried_is_logged.py")


def test_a_forgotten_call_that_finds_nobody_in_its_last_attempt_is_logged(serve, call):
    # It was taken for the failure of a call that the own stop ends, which is none.
    serve(PROVIDER)
    call(PROGRAMS / "a_forgotten_call_that_finds_nobody_in_its_last_attempt_is_logged.py")


@pytest.mark.parametrize(
    "modifier",
    ["BG({})", "BG({}, return_result=False)", "BROADCAST({})", "BROADCAST({}, return_result=True)"],
)
def test_a_retried_call_that_cannot_be_made_raises_where_it_is_made(serve, call, modifier):
    serve(PROVIDER)
    call(f"""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        for wrong in (lambda: g.call.nothing(), lambda: g.call.note(), lambda: g.call.note("x", hours=1)):
            with raises(GlobalContextError):
                wrong() & {modifier.format("retry_policy=policy")}
        g.stop()
    """)


def test_every_attempt_has_the_arguments_as_they_were_when_the_call_was_made(serve, call):
    # They were taken anew for each attempt, the first of them already in another thread.
    serve(
        PROGRAMS / "every_attempt_has_the_arguments_as_they_were_when_the_call_was_made_provider.py"
    )
    call(PROGRAMS / "every_attempt_has_the_arguments_as_they_were_when_the_call_was_made.py")
