"""RetryPolicy: which failures are worth another attempt, and how many."""

import pytest
from script import programs

PROGRAMS = programs(__file__)
FLAKY = PROGRAMS / "flaky.py"


def test_a_call_is_made_again_until_it_succeeds(serve, call):
    serve(FLAKY)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=5, wait="1ms")
        assert (g.call.flaky(3) & FG(retry_policy=policy)) == 3
        g.call.reset() & FG
        assert (g.call.flaky(3) & BG(retry_policy=policy)).get() == 3
        g.call.reset() & FG
        assert (g.call.flaky(3) & BROADCAST(retry_policy=policy, return_result=True)) == {"provider": 3}
        g.stop()
    """)


def test_the_last_error_is_raised_when_the_policy_says_stop(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "the_last_error_is_raised_when_the_policy_says_stop.py")


def test_only_acceptable_errors_are_worth_another_attempt(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "only_acceptable_errors_are_worth_another_attempt.py")


def test_a_policy_that_cannot_be_is_refused_where_it_is_made(call, serve):
    serve()
    call("""
        for wrong in ({"acceptable_errors": 3}, {"stop_after_attempt": 0}):
            with raises(InitializationError):
                RetryPolicy(**wrong)
        with raises(GlobalContextError):
            RetryPolicy(wait="soon")
        g.stop()
    """)


def test_a_cancelled_call_is_not_made_again(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "a_cancelled_call_is_not_made_again.py")


def test_a_stop_ends_the_attempts_in_front_and_behind(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "a_stop_ends_the_attempts_in_front_and_behind.py")


def test_a_policy_holds_for_awaited_calls(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "a_policy_holds_for_awaited_calls.py")


def test_a_call_that_is_made_again_takes_arguments_of_any_name(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def named(**names):
            return names

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        names = {"self": 1, "fn": 2, "policy": 3, "name": 4, "once": 5, "args": 6, "kwargs": 7}
        assert (g.call.named(**names) & FG(retry_policy=policy)) == names
        assert (g.call.named(**names) & BG(retry_policy=policy)).get() == names
        everywhere = BROADCAST(retry_policy=policy, return_result=True)
        assert (g.call.named(**names) & everywhere) == {"provider": names}
        g.stop()
    """)


def test_each_process_of_a_broadcast_is_tried_again_by_itself(serve, join, call):
    serve(FLAKY)
    join(FLAKY, "second", "5", name="second").wait_for(r"^ready")
    call("""
        g.wait_process("second")
        policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0)
        everywhere = BROADCAST(retry_policy=policy, return_result=True)
        # The one needs a third attempt, the other none.
        assert (g.call.flaky(3) & everywhere) == {"provider": 3, "second": 6}
        values = g.call.flaky(9, "ValueError") & everywhere
        assert all(isinstance(value, ValueError) for value in values.values())
        assert (g.call.reset() & BROADCAST(return_result=True)) == {"provider": 4, "second": 7}
        g.stop()
    """)


def test_an_async_fetcher_is_tried_again_while_it_is_awaited(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "an_async_fetcher_is_tried_again_while_it_is_awaited.py")


def test_no_attempt_begins_later_than_the_limit_after_the_first(serve, call):
    # The limit was looked at before the wait, and the attempt behind it came 5 s after the first.
    serve(FLAKY)
    call(PROGRAMS / "no_attempt_begins_later_than_the_limit_after_the_first.py")


def test_ctrl_c_ends_the_wait_for_another_attempt(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "ctrl_c_ends_the_wait_for_another_attempt.py")


def test_a_call_that_waits_for_another_attempt_has_no_thread(serve, call):
    # Each had one for as long as it took.
    serve(FLAKY)
    call(PROGRAMS / "a_call_that_waits_for_another_attempt_has_no_thread.py")


def test_a_policy_that_takes_long_holds_up_no_other_call(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "a_policy_that_takes_long_holds_up_no_other_call.py")


def test_a_policy_may_make_calls_that_are_made_again_and_stop_the_process(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "a_policy_may_make_calls_that_are_made_again_and_stop_the_process.py")


@pytest.mark.parametrize("stops", ["", "stops"])
@pytest.mark.parametrize("how", ["waits", "sleeps", "computes"])
def test_a_process_ends_though_its_policy_does_not(serve, call, how, stops):
    # Its thread was ended by the interpreter in the middle of our code: the process died with SIGABRT.
    serve(FLAKY)
    call(PROGRAMS / "a_process_ends_though_its_policy_does_not.py", how, stops)


def test_arguments_that_are_kept_for_another_attempt_have_a_bound(serve, join):
    serve(PROGRAMS / "failing.py")
    caller = join(PROGRAMS / "arguments_that_are_kept_for_another_attempt_have_a_bound.py")
    assert caller.wait_end() == 0, caller.output
