"""BG: a result to come, a delay, a time limit, cancelling."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_background_call_returns_at_once(serve, call):
    serve()
    call("""
        with within(0.4):
            result = g.call.slow(0.5, "done") & BG
            assert not result.ready
        assert result.get() == "done"
        assert result.ready and result.get() == "done"
        assert result.error is None
        assert result.func_name == "slow" and result.uuid
        g.stop()
    """)


def test_eta_delays_the_start(serve, call):
    serve()
    call("""
        start = time.monotonic()
        with within(0.5):
            result = g.call.echo("late") & BG(timeout=10, eta=1)
        assert result.get() == "late"
        took = time.monotonic() - start
        assert took >= 1, took
        at_most(took, 3)
        g.stop()
    """)


def test_the_time_limit_counts_after_the_delay(serve, call):
    serve()
    call("""
        assert (g.call.echo(1) & BG(timeout=0.8, eta=1)).get() == 1
        g.stop()
    """)


def test_many_background_calls_are_under_way_together(serve, call):
    serve()
    call("""
        with within(3):
            results = [g.call.slow(0.5, number) & BG for number in range(20)]
            assert [result.get() for result in results] == list(range(20))
        g.stop()
    """)


def test_a_time_limit_raises_at_the_caller(serve, call):
    serve()
    call(PROGRAMS / "a_time_limit_raises_at_the_caller.py")


def test_a_wait_that_is_given_up_leaves_the_call_alone(serve, call):
    serve()
    call("""
        result = g.call.slow(1, "patience") & BG
        with raises(TimeoutError):
            result.get(timeout=0.1)
        assert result.get() == "patience"
        g.stop()
    """)


def test_cancelling_ends_the_wait(serve, call):
    serve()
    call("""
        result = g.call.hold() & BG
        result.cancel()
        with within(2), raises(CallCancelled):
            result.get()
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)


def test_a_done_callback_runs_without_anyone_waiting(serve, call):
    serve()
    call(PROGRAMS / "a_done_callback_runs_without_anyone_waiting.py")


def test_no_result_is_kept_when_none_is_wanted(serve, call):
    provider = serve(PROGRAMS / "no_result_is_kept_when_none_is_wanted_provider.py")
    output = call(PROGRAMS / "no_result_is_kept_when_none_is_wanted.py")
    assert "logged" in output
    assert "note" in output
    assert sorted(provider.wait_for("^noted (.*)$")[1] for _ in range(4)) == [
        "bad",
        "first",
        "late",
        "second",
    ]


def test_a_failure_in_the_background_is_raised_by_get(serve, call):
    serve()
    call("""
        result = g.call.fail("x") & BG
        with raises(ValueError, RemoteCallError):
            result.get()
        assert isinstance(result.error, RemoteCallError)
        g.stop()
    """)


def test_unreadable_durations_are_refused(serve, call):
    serve()
    call("""
        for duration in (-1, "soon", "-5s"):
            with raises(GlobalContextError) as caught:
                g.call.echo(1) & FG(timeout=duration)
            assert str(duration) in str(caught.error)
        g.stop()
    """)


def test_no_time_limit_is_none_whatever_it_is_called(serve, call):
    serve()
    call("""
        from datetime import timedelta
        for none in (None, 0, 0.0, "0", "0ms", timedelta(0)):
            assert (g.call.slow(0.05, 1) & FG(timeout=none)) == 1
            assert (g.call.slow(0.05, 1) & BG(timeout=none, eta=none)).get() == 1
            assert (g.call.slow(0.05, 1) & BROADCAST(timeout=none, return_result=True)) == {"provider": 1}
            g.call.slow([0.05]) & STREAM(timeout=none)
            g.wait_process("provider", timeout=none)
            g.wait_function("slow", timeout=none)
        g.stop()
    """)


def test_a_time_limit_may_be_given_in_every_form(serve, call):
    serve()
    call(PROGRAMS / "a_time_limit_may_be_given_in_every_form.py")


def test_large_results_that_the_house_keeper_reads_arrive_whole(serve, call):
    serve()
    call("""
        import threading
        for value in (b"x" * 3_000_000, bytearray(b"y" * 3_000_000)):
            done = threading.Event()
            result = g.call.echo(value) & BG(timeout=20)
            # Nobody waits on the link: whoever keeps house reads it.
            result.add_done_callback(lambda _: done.set())
            assert done.wait(20)
            assert type(result.get()) is type(value) and result.get() == value
        g.stop()
    """)
