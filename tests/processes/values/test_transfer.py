"""transfer_and_call: functions of the caller run elsewhere."""

import pytest


def test_functions_lambdas_and_coroutine_functions_run_there(serve, call):
    provider = serve()
    output = call("""
        import asyncio, os, functools

        def where(a, b=2, *, c=3):
            return os.getpid(), a + b + c

        async def later(value):
            await asyncio.sleep(0.01)
            return value, os.getpid()

        class Scaler:
            def __init__(self, factor):
                self.factor = factor

            def __call__(self, value):
                return self.factor * value

        pid, total = g.transfer_and_call("provider", where, 1, c=4)
        assert total == 7
        print("ran in", pid)
        assert g.transfer_and_call("provider", lambda *args, **kwargs: (args, kwargs), 1, a=2) == (
            (1,),
            {"a": 2},
        )
        assert g.transfer_and_call("provider", later, "value") == ("value", pid)
        assert g.transfer_and_call("provider", functools.partial(where, 1), b=5) == (pid, 9)
        assert g.transfer_and_call("provider", functools.partial(later, 1)) == (1, pid)
        assert g.transfer_and_call("provider", Scaler(3), 2) == 6
        assert g.transfer_and_call("provider", os.getpid) == pid
        g.stop()
    """)
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
    call("""
        import asyncio

        async def hold():
            import asyncio, sys
            sys.holding = True
            try:
                await asyncio.Event().wait()
            finally:
                print("let go", flush=True)

        def is_held():
            import sys
            return hasattr(sys, "holding")

        async def main():
            task = asyncio.create_task(g.transfer_and_call_async("provider", hold))
            while not await g.transfer_and_call_async("provider", is_held):
                await asyncio.sleep(0.01)
            task.cancel()
            with raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        g.stop()
    """)
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
    call("""
        import threading
        lock = threading.Lock()
        with raises(SerializationError) as caught:
            g.transfer_and_call("provider", lambda: lock)
        assert "func" in str(caught.error) and "lock" in str(caught.error)
        with raises(SerializationError):
            g.transfer_and_call("provider", print, lock)
        with raises(SerializationError):
            g.transfer_and_call("provider", threading.Lock)
        with raises(GlobalContextError):
            g.transfer_and_call("provider", print, g)
        g.stop()
    """)


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
    call("""
        class Point:
            def __init__(self, x):
                self.x = x

            def moved(self, by):
                return self.x + by

            async def moved_later(self, by):
                return self.x + by

            @staticmethod
            def origin():
                return 0

            @classmethod
            def name(cls):
                return cls.__qualname__

            async def __call__(self, by):
                return self.x * by

        here = 5

        def numbers(upto):
            for number in range(upto):
                yield number + here

        async def numbers_later(upto):
            for number in range(upto):
                yield number + here

        # A class whose objects are called asynchronously is called like any other.
        assert g.transfer_and_call("provider", Point, x=3).x == 3
        assert g.transfer_and_call("provider", Point(1).moved, 3) == 4
        assert g.transfer_and_call("provider", Point(1).moved_later, by=3) == 4
        assert g.transfer_and_call("provider", Point(2), 3) == 6
        assert g.transfer_and_call("provider", Point.origin) == 0
        assert g.transfer_and_call("provider", Point.name) == "Point"
        for function in (numbers, numbers_later):
            assert list(g.transfer_and_call("provider", function, 2)) == [5, 6]
        g.stop()
    """)


def test_the_async_twin_is_the_same_in_asyncio_and_in_trio(serve, call):
    serve()
    call("""
        import asyncio, trio

        async def later(a, *, b):
            return a, b

        async def main():
            there = g.transfer_and_call_async
            assert await there("provider", lambda a, *, b: (a, b), 1, b=2) == (1, 2)
            assert await there("provider", later, 1, b=2) == (1, 2)
            for node, func in (("nobody", later), ("caller", later), ("provider", 5)):
                with raises(InitializationError):
                    await there(node, func)
            with raises(ValueError) as caught:
                await there("provider", int, "x")
            assert isinstance(caught.error, RemoteCallError)

        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


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
    call("""
        import asyncio

        async def ends():
            import daffi
            started = daffi.__dict__.setdefault("started_by_test", [])
            started.append(asyncio.current_task())
            await asyncio.sleep(60)

        async def how_many_run():  # on the same event loop, and so begins after them
            import daffi
            return sum(not task.done() for task in daffi.__dict__.get("started_by_test", []))

        kept = []

        async def main():
            for _ in range(10):
                task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
                await asyncio.sleep(0)
                task.cancel()
                with raises(asyncio.CancelledError) as caught:
                    await task
                kept.append(caught.error)  # with its frames, which must not keep the call

        with within(10):
            asyncio.run(main())
            while g.transfer_and_call("provider", how_many_run):
                pass
        g.stop()
    """)


def test_a_task_that_is_cancelled_while_it_waits_cancels_the_function_though_it_is_kept(
    serve, call
):
    # The traceback of its error held the call, until the garbage collector came.
    serve()
    call("""
        import asyncio, gc

        gc.disable()

        async def ends():
            import asyncio, daffi
            begun, ended = daffi.__dict__.setdefault("of_test", (asyncio.Event(), asyncio.Event()))
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async def wait(index):
            import asyncio, daffi
            events = daffi.__dict__.setdefault("of_test", (asyncio.Event(), asyncio.Event()))
            await asyncio.wait_for(events[index].wait(), 10)

        async def main():
            task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
            await g.transfer_and_call_async("provider", wait, 0)
            task.cancel()
            await asyncio.wait([task])
            await g.transfer_and_call_async("provider", wait, 1)
            assert task.cancelled()

        asyncio.run(main())
        g.stop()
    """)


def test_a_call_whose_coroutine_never_runs_is_cancelled(serve, call):
    # A task that is cancelled before its first step closes the coroutine without running a line of it.
    serve()
    call("""
        import asyncio, warnings

        async def ends():
            import daffi
            started = daffi.__dict__.setdefault("started_by_test", [])
            started.append(asyncio.current_task())
            await asyncio.sleep(60)

        async def how_many_run():  # on the same event loop, and so begins after them
            import daffi
            return sum(not task.done() for task in daffi.__dict__.get("started_by_test", []))

        async def main():
            task = asyncio.ensure_future(g.transfer_and_call_async("provider", ends))
            task.cancel()
            with raises(asyncio.CancelledError):
                await task
            with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
                g.transfer_and_call_async("provider", ends).close()
                g.transfer_and_call_async("provider", ends)

        with within(10):
            asyncio.run(main())
            while g.transfer_and_call("provider", how_many_run):
                pass
        g.stop()
    """)
