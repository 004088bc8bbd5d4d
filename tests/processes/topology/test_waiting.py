"""wait_process and wait_function are woken by the event, and end at their limit."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller")
"""


def test_a_wait_ends_when_the_process_or_function_comes(serve, join):
    serve()
    caller = join(
        PRELUDE
        + """
print("waiting", flush=True)
g.wait_process("worker")
print("process", flush=True)
g.wait_function("later")
assert g.registered_callbacks["worker"] == ["later"]
assert (g.call.later() & FG) == "now"
g.stop()
"""
    )
    caller.wait_for("^waiting$")
    worker = join(
        """
        from place import meet
        from daffi import callback

        g = meet(process_name="worker")

        @callback
        def later():
            return "now"

        g.join()
        """,
        name="worker",
    )
    caller.wait_for("^process$")
    assert caller.wait_end() == 0
    worker.end()


def test_waiting_ends_at_its_limit(serve, call):
    serve()
    call("""
        for wait in (g.wait_process, g.wait_function):
            with within(2), raises(TimeoutError) as caught:
                wait("nobody", timeout=0.2)
            assert "nobody" in str(caught.error)
        g.stop()
    """)


def test_what_is_there_is_not_waited_for(serve, call):
    serve()
    call("""
        with within(0.5):
            for _ in range(100):
                g.wait_process("provider")
                g.wait_function("add")
        g.stop()
    """)


def test_the_async_twins_leave_the_loop_free(serve, call):
    serve()
    call(PROGRAMS / "the_async_twins_leave_the_loop_free.py")


def test_a_wait_is_woken_by_the_event_itself(serve, call):
    serve(PROGRAMS / "a_wait_is_woken_by_the_event_itself_provider.py")
    call("""
        import threading
        ROUNDS = 100
        # Who looked every 50 ms would need half of that, on average, in each round.
        with within(ROUNDS * 0.05 / 2):
            for number in range(ROUNDS):
                waiting = threading.Thread(target=g.wait_function, args=[f"lesson_{number}"])
                waiting.start()
                g.call.learn(f"lesson_{number}") & FG
                waiting.join()
        g.stop()
    """)


def test_its_own_process_and_callbacks_are_no_others(serve, call):
    serve()
    call("""
        @callback
        def mine(): ...

        with within(2), raises(GlobalContextError):
            g.wait_process(g.process_name)
        # Others may come to offer it, too.
        with within(2), raises(TimeoutError):
            g.wait_function("mine", timeout="100ms")
        g.stop()
    """)


def test_an_async_wait_that_is_cancelled_ends_at_once_and_so_does_its_loop(serve, call):
    serve()
    call(PROGRAMS / "an_async_wait_that_is_cancelled_ends_at_once_and_so_does_its_loop.py")


NEAR = {
    "wait_process": ("provdier", "there are: [ provider ]", "did you mean 'provider'?"),
    "wait_function": ("greeet", "greet", "did you mean 'greet'?"),
}


@pytest.mark.parametrize("wait", NEAR)
def test_at_its_limit_a_wait_says_what_is_there_and_which_name_is_near(serve, call, wait):
    serve()
    name, there, near = NEAR[wait]
    call(
        PROGRAMS / "at_its_limit_a_wait_says_what_is_there_and_which_name_is_near.py",
        wait,
        name,
        there,
        near,
    )


@pytest.mark.parametrize("wait", NEAR)
def test_a_wait_without_a_limit_warns_after_some_seconds(serve, join, wait):
    serve()
    name, there, near = NEAR[wait]
    caller = join(PROGRAMS / "a_wait_without_a_limit_warns_after_some_seconds.py", wait, name)
    for _ in range(4):
        caller.wait_for(f"waiting for .*'{name}', without a limit")
        caller.wait_for(near)
    assert there in caller.output


def test_an_async_wait_that_is_cancelled_leaves_no_thread(serve, call):
    serve()
    call(PROGRAMS / "an_async_wait_that_is_cancelled_leaves_no_thread.py")
