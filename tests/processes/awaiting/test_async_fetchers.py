"""When the call of an `async def` fetcher is sent, and how far its value is as good as the real one."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


FETCHERS = """
        import asyncio
        from daffi import fetcher

        @fetcher(FG)
        async def add(a, b): ...

        @fetcher(FG)
        async def echo(value): ...

        @fetcher(FG)
        async def fail(message): ...

        @fetcher(FG)
        async def slow(seconds, value=None): ...
"""


def test_the_call_of_an_async_fetcher_is_sent_when_it_is_made(serve, call):
    serve()
    call(PROGRAMS / "the_call_of_an_async_fetcher_is_sent_when_it_is_made.py")


def test_a_call_whose_value_nobody_uses_has_happened_all_the_same(serve, call):
    serve()
    call(
        FETCHERS
        + """
        async def main():
            echo("in a loop")

        asyncio.run(main())
        echo("in none")
        with within(5):
            while (g.call.calls_so_far() & FG) != ["echo", "echo"]:
                time.sleep(0.001)  # nobody tells when a call has run that is not looked at
        g.stop()
    """
    )


def test_without_an_event_loop_the_value_is_used_as_it_is(serve, call):
    serve()
    output = call(PROGRAMS / "without_an_event_loop_the_value_is_used_as_it_is.py")
    assert output == "3 004 5"


def test_a_value_passed_on_is_the_value(serve, call):
    serve()
    call(PROGRAMS / "a_value_passed_on_is_the_value.py")


def test_waiting_for_a_value_holds_up_no_other_thread(serve, call):
    serve()
    call(PROGRAMS / "waiting_for_a_value_holds_up_no_other_thread.py")


def test_a_value_can_be_awaited_and_used_as_often_as_one_likes(serve, call):
    serve()
    call(PROGRAMS / "a_value_can_be_awaited_and_used_as_often_as_one_likes.py")


def test_in_trio_a_value_is_used_without_await_too(serve, call):
    serve()
    call(PROGRAMS / "in_trio_a_value_is_used_without_await_too.py")


def test_a_failure_that_somebody_sees_is_not_logged(serve, call):
    serve()
    output = call(PROGRAMS / "a_failure_that_somebody_sees_is_not_logged.py")
    assert output == ""


def test_async_fetchers_of_a_class_are_awaited_too(serve, call):
    serve()
    call(PROGRAMS / "async_fetchers_of_a_class_are_awaited_too.py")


def test_an_async_fetcher_in_the_background_gives_its_result_and_awaited_it_too(serve, call):
    serve()
    call(PROGRAMS / "an_async_fetcher_in_the_background_gives_its_result_and_awaited_it_too.py")


def test_other_modifiers_of_an_async_fetcher_give_what_they_always_give(serve, call):
    serve()
    call(PROGRAMS / "other_modifiers_of_an_async_fetcher_give_what_they_always_give.py")


@pytest.mark.parametrize(
    "modifier", ["NO_RETURN", "BG(return_result=False)", "BG(no_return=True)", "BROADCAST"]
)
def test_what_has_no_value_can_be_awaited_and_is_as_good_as_none(serve, call, modifier):
    serve()
    output = call(PROGRAMS / "what_has_no_value_can_be_awaited_and_is_as_good_as_none.py", modifier)
    assert output == "None"
