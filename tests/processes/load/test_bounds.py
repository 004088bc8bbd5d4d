"""What a process takes on is bounded by its settings: beyond, calls wait, and then fail in a way of their own."""


def test_calls_that_come_back_to_a_process_whose_threads_wait_for_them_end(serve, join, call):
    # They hung for ever, in silence: no thread was left that read.
    serve("""
        from place import meet
        from daffi import FG, callback

        @callback
        def inner():
            return "inner"

        @callback
        def outer(g):
            return g.call.middle() & FG

        @callback
        async def number():
            return 7

        g = meet(process_name="provider", threads=3, patience="2s")
        print("ready", g.port, flush=True)
        g.join()
    """)
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
    call("""
        from daffi import Overloaded
        g.wait_process("between")
        results = [g.call.outer() & BG for _ in range(4)]
        # Meanwhile: what needs no thread.
        assert g.call.number() & FG == 7
        assert g.get_scheduled_tasks("provider") == []
        for result in results:
            with raises(Exception) as caught:
                result.get(timeout=30)
            assert "threads" in str(caught.error), caught.error
        assert any(isinstance(result.exception(), Overloaded) for result in results)
        assert g.call.inner() & FG == "inner"
        g.stop()
    """)


def test_calls_under_way_hold_as_many_bytes_as_their_process_allows(serve, call):
    # An async callback took all of them at once: 3,000 calls of 1 MiB were 3 GB.
    serve("""
        import asyncio
        from place import meet, stay
        from daffi import callback

        running = most = 0

        @callback
        async def hold(data):
            global running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.05)
            running -= 1
            return len(data)

        @callback
        async def most_at_once():
            return most

        stay(meet(process_name="provider", max_pending_bytes=16 << 20, patience="5s"))
    """)
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
    serve("""
        import sys
        import threading
        from place import meet, stay
        from daffi import callback

        class Nested:
            def __init__(self, depth):
                self.depth = depth

            def __repr__(self):
                return "." if not self.depth else repr(Nested(self.depth - 1))

        @callback
        def deep(depth):
            sys.setrecursionlimit(100_000)
            return repr(Nested(depth))

        threading.stack_size(64 << 20)
        stay(meet(process_name="provider"))
    """)
    call("""
        assert g.call.deep(20_000) & FG == "."
        g.stop()
    """)


def test_threads_that_run_callbacks_have_names(serve, call):
    serve("""
        import threading
        from pathlib import Path
        from place import meet, stay
        from daffi import callback

        @callback
        def names():
            threads = Path("/proc/self/task").glob("*/comm")
            return threading.current_thread().name, {path.read_text().strip() for path in threads}

        stay(meet(process_name="provider"))
    """)
    call("""
        python, system = g.call.names() & FG
        assert python.startswith("daffi-callback-"), python
        assert "daffi-serve" in system, system
        g.stop()
    """)
