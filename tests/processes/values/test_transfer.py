"""transfer_and_call: functions of the caller run elsewhere."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


def test_functions_lambdas_and_coroutine_functions_run_there(serve, call):
    provider = serve()
    output = call(PROGRAMS / "functions_lambdas_and_coroutine_functions_run_there.py")
    assert output.strip() == f"ran in {provider.process.pid}"


def test_the_async_twin_holds_up_no_event_loop(serve, call):
    serve()
    call("""
        import asyncio

        async def main():
            slow = [g.transfer_and_call_async("provider", time.sleep, 0.5) for _ in range(5)]
            assert await asyncio.gather(*slow) == [None] * 5
            with raises(InitializationError):
                await g.transfer_and_call_async("nobody", print)

        with within(2):
            asyncio.run(main())
        g.stop()
    """)


def test_the_async_twin_takes_its_arguments_when_the_call_is_made(serve, call):
    # They were pickled in another thread, some time later.
    serve()
    call("""
        import asyncio

        async def main():
            numbers = [1]
            total = g.transfer_and_call_async("provider", sum, numbers)
            numbers.append(2)
            assert await total == 1

        asyncio.run(main())
        g.stop()
    """)


def test_a_cancelled_task_cancels_the_function(serve, call):
    provider = serve()
    call(PROGRAMS / "a_cancelled_task_cancels_the_function.py")
    provider.wait_for("^let go$")


def test_a_transfer_that_nobody_awaits_is_told_of_by_its_name(serve, call):
    # Python named a function of ours that nobody knows.
    serve()
    call("""
        import asyncio, warnings

        async def main():
            g.transfer_and_call_async("provider", len, "abc")

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            asyncio.run(main())
        assert "transfer_and_call_async" in str(told[0].message), told[0].message
        g.stop()
    """)


def test_a_function_of_a_module_that_is_not_there_travels_by_value(serve, call, folder):
    serve()
    package = folder / "only_here"
    package.mkdir()
    (package / "__init__.py").write_text("FACTOR = 3\n")
    (package / "helper.py").write_text(
        "from only_here import FACTOR\ndef scale(a): return FACTOR * a\n"
    )
    (package / "work.py").write_text(
        "from only_here.helper import scale\ndef work(a): return scale(a) + 1\n"
    )
    call(f"""
        import sys
        sys.path.insert(0, {str(folder)!r})
        from only_here.work import work
        import cloudpickle
        # Not to be imported there: the folder of a script is on its path.
        there = g.transfer_and_call("provider", lambda: __import__("sys").path)
        assert {str(folder)!r} not in there
        assert g.transfer_and_call("provider", work, 2) == 7
        assert not cloudpickle.list_registry_pickle_by_value()
        g.stop()
    """)


def test_what_the_function_raises_is_raised_here(serve, call):
    serve()
    call("""
        def fail(text):
            return int(text)

        with raises(ValueError) as caught:
            g.transfer_and_call("provider", fail, "x")
        assert isinstance(caught.error, RemoteCallError)
        assert caught.error.remote_process == "provider"
        g.stop()
    """)


def test_an_unknown_node_or_what_is_no_function_is_refused(serve, call):
    serve()
    call("""
        for node, what in (("nobody", "provider"), ("caller", "itself"), ("", "provider")):
            with raises(InitializationError) as caught:
                g.transfer_and_call(node, print)
            assert what in str(caught.error)
        for func in (None, 5, "print"):
            with raises(InitializationError) as caught:
                g.transfer_and_call("provider", func)
            assert repr(func) in str(caught.error)
        g.stop()
    """)


def test_what_cannot_travel_says_so(serve, call):
    serve()
    call(PROGRAMS / "what_cannot_travel_says_so.py")


@pytest.mark.parametrize("offers", [True, False])
def test_a_node_without_callbacks_runs_functions_too(offers, serve, join, place):
    place.settings["direct"] = offers
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    worker = join(
        """
        from place import meet
        g = meet(process_name="worker")
        print("up", flush=True)
        g.join()
    """,
        name="worker",
    )
    worker.wait_for("^up$")
    caller = join("""
        from place import meet
        g = meet(process_name="caller")
        g.wait_process("worker")
        assert g.transfer_and_call("worker", lambda data: len(data), bytes(5_000_000)) == 5_000_000
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output


def test_whatever_can_be_called_runs_there(serve, call):
    serve()
    call(PROGRAMS / "whatever_can_be_called_runs_there.py")


def test_the_async_twin_is_the_same_in_asyncio_and_in_trio(serve, call):
    serve()
    call(PROGRAMS / "the_async_twin_is_the_same_in_asyncio_and_in_trio.py")


def test_a_function_that_exits_ends_neither_process(serve, call):
    provider = serve()
    call("""
        import sys

        async def leave_later(code):
            sys.exit(code)

        for leave in (sys.exit, leave_later):
            with raises(RemoteCallError) as caught:
                g.transfer_and_call("provider", leave, 3)
            assert caught.error.remote_type == "SystemExit"
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)
    provider.end()


def test_a_task_that_is_cancelled_while_it_sends_cancels_the_function(serve, call):
    serve()
    call(PROGRAMS / "a_task_that_is_cancelled_while_it_sends_cancels_the_function.py")


def test_a_task_that_is_cancelled_while_it_waits_cancels_the_function_though_it_is_kept(
    serve, call
):
    # The traceback of its error held the call, until the garbage collector came.
    serve()
    call(
        PROGRAMS
        / "a_task_that_is_cancelled_while_it_waits_cancels_the_function_though_it_is_kept.py"
    )


def test_a_call_whose_coroutine_never_runs_is_cancelled(serve, call):
    # A task that is cancelled before its first step closes the coroutine without running a line of it.
    serve()
    call(PROGRAMS / "a_call_whose_coroutine_never_runs_is_cancelled.py")
