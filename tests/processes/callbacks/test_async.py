"""Async callbacks on their own loop, and results awaited by a caller's loop."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


def test_an_async_callback_answers(serve, call):
    serve()
    call("""
        assert (g.call.slow_async(0.05, "value") & FG) == "value"
        g.stop()
    """)


def test_async_callbacks_share_one_loop_and_do_not_hold_each_other_up(serve, call):
    serve()
    call("""
        first, second = g.call.loop_thread() & FG, g.call.loop_thread() & FG
        assert first == second
        with within(3):
            results = [g.call.slow_async(0.5, number) & BG for number in range(50)]
            assert [result.get() for result in results] == list(range(50))
        g.stop()
    """)


def test_a_blocked_sync_callback_does_not_stop_the_loop(serve, call):
    serve()
    call("""
        held = g.call.hold() & BG
        with within(2):
            assert (g.call.slow_async(0.1, 1) & FG) == 1
        held.cancel()
        g.stop()
    """)


def test_results_can_be_awaited(serve, call):
    serve()
    call(PROGRAMS / "results_can_be_awaited.py")


def test_a_time_limit_cancels_an_async_callback(serve, call):
    provider = serve(PROGRAMS / "a_time_limit_cancels_an_async_callback_provider.py")
    call("""
        with within(3), raises(TimeoutError):
            g.call.wait_for_ever() & FG(timeout=0.3)
        g.stop()
    """)
    provider.wait_for("^cancelled$", patience=5)


def test_results_can_be_awaited_in_trio(serve, call):
    serve()
    call(PROGRAMS / "results_can_be_awaited_in_trio.py")


def test_async_callbacks_run_in_trio_where_the_global_was_made_under_trio(serve, call):
    provider = serve(
        PROGRAMS / "async_callbacks_run_in_trio_where_the_global_was_made_under_trio_provider.py"
    )
    call("""
        with within(3):
            results = [g.call.nap(0.3, n) & BG for n in range(30)]
            assert [result.get() for result in results] == list(range(30))
        with raises(KeyError):
            g.call.fail() & FG
        with raises(TimeoutError):
            g.call.for_ever() & FG(timeout=0.2)
        assert (g.call.nap(0, 1) & FG) == 1
        g.stop()
    """)
    provider.wait_for("^cancelled$", patience=5)


@pytest.mark.parametrize("start", ["asyncio.run(main())", "trio.run(main)"])
def test_awaiting_fast_calls_lets_the_other_tasks_run(serve, call, start):
    serve()
    call(f"""
        import asyncio, trio
        turns = 0

        async def other():
            global turns
            while True:
                turns += 1
                await (asyncio if "asyncio" in {start!r} else trio).sleep(0)

        async def calling():
            for number in range(300):
                assert await (g.call.echo(number) & BG) == number
            # Trio shuffles, so that a task may come twice in a row.
            assert turns > 100, turns

        async def main():
            if "asyncio" in {start!r}:
                task = asyncio.create_task(other())
                await calling()
                task.cancel()
            else:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(other)
                    await calling()
                    nursery.cancel_scope.cancel()

        {start}
        g.stop()
    """)
