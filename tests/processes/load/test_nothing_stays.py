"""What a call leaves behind when it is over: nothing that adds up."""

from script import programs

PROGRAMS = programs(__file__)


def test_an_async_callback_leaves_nothing_behind(serve, call):
    serve(PROGRAMS / "an_async_callback_leaves_nothing_behind_provider.py")
    call("""
        for number in range(200):
            assert (g.call.echo(number) & FG) == number
            assert list(g.call.items() & FG) == [1]
            g.call.items() & NO_RETURN
        with within(10):
            while g.call.how_many_are_alive().fg() > 20:
                pass
        g.stop()
    """)


def test_an_async_generator_leaves_nothing_behind(serve, call):
    # What it ran in was kept for its next items, and with it the way back, which keeps the generator.
    serve(PROGRAMS / "an_async_generator_leaves_nothing_behind_provider.py")
    call(PROGRAMS / "an_async_generator_leaves_nothing_behind.py")


def test_a_failed_result_leaves_nothing_behind(serve, call):
    serve()
    call(PROGRAMS / "a_failed_result_leaves_nothing_behind.py")


def test_an_error_that_is_raised_again_and_again_does_not_grow(serve, call):
    serve()
    call("""
        import traceback
        result = g.call.fail("x") & BG
        lengths = set()
        for _ in range(50):
            with raises(RemoteCallError) as caught:
                result.get()
            lengths.add(len(traceback.extract_tb(caught.error.__traceback__)))
        assert len(lengths) <= 2, lengths
        g.stop()
    """)


def test_an_event_loop_that_ended_before_its_calls_leaves_nothing_behind(serve, call):
    serve()
    call(PROGRAMS / "an_event_loop_that_ended_before_its_calls_leaves_nothing_behind.py")


def test_looks_that_were_given_up_leave_nothing_behind(serve, call):
    serve()
    call(PROGRAMS / "looks_that_were_given_up_leave_nothing_behind.py")
