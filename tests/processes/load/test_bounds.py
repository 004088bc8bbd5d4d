"""What a process takes on is bounded by its settings: beyond, calls wait, and then fail in a way of their own."""

from script import programs

PROGRAMS = programs(__file__)


def test_calls_that_come_back_to_a_process_whose_threads_wait_for_them_end(serve, join, call):
    # They hung for ever, in silence: no thread was left that read.
    serve(
        PROGRAMS / "calls_that_come_back_to_a_process_whose_threads_wait_for_them_end_provider.py"
    )
    join(
        """
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def middle(g):
            return g.call.inner() & FG

        stay(meet(process_name="between"))
    """,
        name="between",
    )
    call(PROGRAMS / "calls_that_come_back_to_a_process_whose_threads_wait_for_them_end.py")


def test_calls_under_way_hold_as_many_bytes_as_their_process_allows(serve, call):
    # An async callback took all of them at once: 3,000 calls of 1 MiB were 3 GB.
    serve(PROGRAMS / "calls_under_way_hold_as_many_bytes_as_their_process_allows_provider.py")
    call("""
        from concurrent.futures import ThreadPoolExecutor
        data = bytes(1 << 20)
        with ThreadPoolExecutor(64) as pool:
            calls = [pool.submit(lambda: g.call.hold(data) & FG) for _ in range(128)]
            assert [done.result() for done in calls] == [1 << 20] * 128
        # A caller has 9 of them half sent, which go beyond where nothing else would end.
        most = g.call.most_at_once() & FG
        assert 1 <= most <= 16 + 9, most
        assert g.call.hold(bytes(24 << 20)) & FG == 24 << 20, "a single larger one goes alone"
        g.stop()
    """)


def test_a_callback_has_the_stack_of_a_thread_of_python(serve, call):
    # It had 2 MiB whatever Python's threads had: what they survived killed the process.
    serve(PROGRAMS / "a_callback_has_the_stack_of_a_thread_of_python_provider.py")
    call("""
        assert g.call.deep(20_000) & FG == "."
        g.stop()
    """)


def test_threads_that_run_callbacks_have_names(serve, call):
    serve(PROGRAMS / "threads_that_run_callbacks_have_names_provider.py")
    call("""
        python, system = g.call.names() & FG
        assert python.startswith("daffi-callback-"), python
        assert "daffi-serve" in system, system
        g.stop()
    """)
