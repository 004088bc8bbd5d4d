"""Results where asyncio and `concurrent.futures` take futures: they work, or say what to use."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


ASYNCIO = {
    "wait": """
        results = [g.call.slow(0.05 * n, n) & BG for n in range(3)]
        done, pending = await asyncio.wait(results)
        assert done == set(results) and not pending
        assert sorted(result.get() for result in done) == [0, 1, 2]
    """,
    "wait for those that have ended": """
        results = [g.call.add(n, 0) & BG for n in range(3)]
        for result in results:
            await result
        done, pending = await asyncio.wait(results)
        assert done == set(results) and not pending
    """,
    "wait for the first": """
        first, never = g.call.add(1, 2) & BG, g.call.hold() & BG
        done, pending = await asyncio.wait([first, never], return_when=asyncio.FIRST_COMPLETED)
        assert (done, pending) == ({first}, {never})
    """,
    "wait for the first error": """
        failing, never = g.call.fail("x") & BG, g.call.hold() & BG
        done, pending = await asyncio.wait([failing, never], return_when=asyncio.FIRST_EXCEPTION)
        assert (done, pending) == ({failing}, {never})
    """,
    "wait with a limit": """
        never = g.call.hold() & BG
        done, pending = await asyncio.wait([never], timeout=0.05)
        assert (done, pending) == (set(), {never})
    """,
    "wait for a cancelled one": """
        held = g.call.hold() & BG
        asyncio.get_running_loop().call_later(0.05, held.cancel)
        done, pending = await asyncio.wait([held])
        assert done == {held} and held.cancelled()
    """,
    "wait for retries": """
        result = g.call.add(1, 2) & BG(retry_policy=RetryPolicy(stop_after_attempt=2))
        done, _ = await asyncio.wait([result])
        assert done == {result} and result.get() == 3
    """,
    "as_completed": """
        results = [g.call.slow(0.2 * n, n) & BG for n in (1, 0)]
        assert [await next_one for next_one in asyncio.as_completed(results)] == [0, 1]
    """,
    "gather": """
        assert await asyncio.gather(g.call.add(1, 2) & BG, g.call.add(3, 4) & FG) == [3, 7]
    """,
    "wait_for": """
        assert await asyncio.wait_for(g.call.add(1, 2) & BG, 10) == 3
        assert await asyncio.wait_for(g.call.add(1, 2) & FG, 10) == 3
        with raises(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(g.call.hold() & BG, 0.05)
    """,
    "shield": """
        assert await asyncio.shield(g.call.add(1, 2) & BG) == 3
        assert await asyncio.shield(g.call.add(1, 2) & FG) == 3
    """,
    "ensure_future": """
        tasks = [asyncio.ensure_future(g.call.add(n, 1) & FG) for n in range(3)]
        done, _ = await asyncio.wait(tasks)
        assert sorted(task.result() for task in done) == [1, 2, 3]
        assert await asyncio.ensure_future(g.call.add(1, 2) & BG) == 3
    """,
    "a thread of the loop": """
        result = g.call.add(1, 2) & BG
        assert await asyncio.get_running_loop().run_in_executor(None, result.get) == 3
        assert await asyncio.to_thread(result.result) == 3
    """,
    "a task group": """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task((g.call.add(n, 1) & BG).get_async()) for n in range(3)]
        assert [task.result() for task in tasks] == [1, 2, 3]
        with raises(TypeError):
            asyncio.get_running_loop().create_task(g.call.add(1, 2) & BG)
    """,
    "values that are no futures": """
        for value in (g.call.slow(0.2, 1) & FG, g.call.add(1, 2) & BROADCAST(return_result=True)):
            with raises(TypeError) as caught:
                await asyncio.wait([value])
            assert "call & BG" in str(caught.error), caught.error
            assert await value in (1, {"provider": 3})
            used = g.call.add(1, 2) & FG
            assert used == 3
            with raises(TypeError):
                await asyncio.wait([used])
    """,
}


@pytest.mark.parametrize("use", ASYNCIO.values(), ids=ASYNCIO)
def test_asyncio_takes_results(serve, call, use):
    serve()
    call(f"""
        import asyncio

        async def main():
            for _ in range(2):
{"".join(f"        {line}" + chr(10) for line in use.splitlines())}
        asyncio.run(main())
        g.stop()
    """)


FUTURES = {
    "wait": """
        results = [g.call.slow(0.05 * n, n) & BG for n in range(3)]
        done, pending = futures.wait(results)
        assert done == set(results) and not pending
        done, pending = futures.wait(results)  # all have ended
        assert done == set(results) and not pending
    """,
    "wait for the first": """
        first, never = g.call.add(1, 2) & BG, g.call.hold() & BG
        done, pending = futures.wait([first, never], return_when=futures.FIRST_COMPLETED)
        assert (done, pending) == ({first}, {never})
    """,
    "wait for the first error": """
        failing, never = g.call.fail("x") & BG, g.call.hold() & BG
        done, pending = futures.wait([failing, never], return_when=futures.FIRST_EXCEPTION)
        assert (done, pending) == ({failing}, {never})
    """,
    "wait with a limit": """
        never = g.call.hold() & BG
        done, pending = futures.wait([never], timeout=0.05)
        assert (done, pending) == (set(), {never})
    """,
    "wait for a cancelled one": """
        held = g.call.hold() & BG
        threading.Timer(0.05, held.cancel).start()
        done, pending = futures.wait([held])
        assert done == {held} and held.cancelled()
    """,
    "as_completed": """
        results = [g.call.slow(0.2 * n, n) & BG for n in (1, 0)]
        assert [result.get() for result in futures.as_completed(results)] == [0, 1]
    """,
    "beside its own": """
        with futures.ThreadPoolExecutor() as pool:
            own, ours = pool.submit(len, "abc"), g.call.slow(0.1, 3) & BG
            assert {result.result() for result in futures.as_completed([own, ours])} == {3}
    """,
}


@pytest.mark.parametrize("use", FUTURES.values(), ids=FUTURES)
def test_concurrent_futures_takes_results(serve, call, use):
    serve()
    call(
        "import threading\nfrom concurrent import futures\n"
        + __import__("textwrap").dedent(use)
        + "\ng.stop()\n"
    )


def test_a_done_callback_is_called_in_the_loop_that_added_it(serve, call):
    serve()
    call(PROGRAMS / "a_done_callback_is_called_in_the_loop_that_added_it.py")


def test_a_done_callback_of_a_loop_that_has_ended_is_not_called_and_told_of(serve, call):
    serve()
    call(PROGRAMS / "a_done_callback_of_a_loop_that_has_ended_is_not_called_and_told_of.py")


def test_a_done_callback_can_be_taken_back(serve, call):
    serve()
    call(PROGRAMS / "a_done_callback_can_be_taken_back.py")
