"""Stopping: from anywhere, as often as one likes, and nothing is left hanging."""


def test_stop_is_idempotent_and_legal_from_any_thread(serve, call):
    serve()
    call("""
        import threading
        assert (g.call.add(1, 2) & FG) == 3
        with within(5):
            threads = [threading.Thread(target=g.stop) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            g.stop()
        with within(1):
            g.join()
        with raises(GlobalContextError, InitializationError):
            g.call.add(1, 2) & FG
    """)


def test_stop_ends_the_calls_under_way(serve, call):
    serve()
    call("""
        import threading
        results = [g.call.hold() & BG for _ in range(3)]
        ended = []

        def wait():
            try:
                g.call.hold() & FG
            except DaffiError as error:
                ended.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        with within(10):
            g.stop()
            waiting.join()
        assert len(ended) == 1
        for result in results:
            with within(1), raises(DaffiError):
                result.get()
    """)


def test_stop_from_inside_a_callback(serve, call):
    provider = serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def close_shop():
            g.stop()
            return "closed"

        g = meet(process_name="provider")
        stay(g)
        print("left", flush=True)
    """)
    call("""
        with within(10):
            try:
                print(g.call.close_shop() & FG)
            except DaffiError as error:
                print(type(error).__name__)
            g.stop()
    """)
    provider.wait_for("^left$", patience=10)
    assert provider.wait_end() == 0


def test_a_new_global_can_follow_and_callbacks_stay(serve, call):
    serve()
    call("""
        @callback
        def mine():
            return "still here"

        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
        g = meet(process_name="again")
        g.wait_process("provider", timeout=10)
        assert (g.call.add(2, 3) & FG) == 5
        g.stop()
    """)


def test_a_process_that_never_stops_still_exits(serve, call):
    serve()
    call("assert (g.call.add(1, 2) & FG) == 3")


def test_kill_all_ends_the_others(serve, join):
    boss = serve("""
        from place import meet

        g = meet(process_name="provider")
        print("ready", g.port, flush=True)
        g.wait_process("first", timeout=10)
        g.wait_process("second", timeout=10)
        assert g.kill_all() == []
        print("alone", flush=True)
        g.stop()
    """)
    source = """
        import sys
        from place import meet
        g = meet(process_name=sys.argv[1])
        g.join()
        print("left", flush=True)
    """
    others = [join(source, name, name=name) for name in ("first", "second")]
    boss.wait_for("^alone$")
    for other in others:
        other.wait_for("^left$", patience=5)
        assert other.wait_end() == 0
    assert boss.wait_end() == 0


def test_an_asyncio_program_uses_async_with(serve, call):
    serve()
    call("""
        import asyncio
        g.stop()

        async def main():
            async with meet(process_name="modern") as g:
                await g.wait_process_async("provider", timeout=10)
                assert await (g.call.add(1, 2) & BG) == 3

        asyncio.run(main())
    """)


def test_a_process_ends_cleanly_though_callbacks_still_run(serve, call):
    # A thread that ran Python when the interpreter went was ended in the middle of our code: exit status -6.
    provider = serve("""
        import asyncio
        import threading
        import time
        from place import meet
        from daffi import callback

        both = threading.Barrier(3)

        @callback
        def sleep_long():
            both.wait()
            time.sleep(30)  # longer than the process may take to end

        @callback
        async def sleep_long_too():
            await asyncio.to_thread(both.wait)
            await asyncio.sleep(30)

        g = meet(process_name="provider")
        print("ready", g.port, flush=True)
        both.wait()
    """)
    call("""
        results = [g.call.sleep_long() & BG, g.call.sleep_long_too() & BG]
        for result in results:
            with within(15), raises(RemoteStoppedUnexpectedly):
                result.get()
        g.stop()
    """)
    assert provider.wait_end() == 0


def test_an_async_callback_may_stop_its_process_and_answer(serve, call):
    provider = serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        async def close_shop():
            g.stop()
            return "closed"

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        with within(5):
            assert (g.call.close_shop() & FG) == "closed"
        g.stop()
    """)
    assert provider.wait_end() == 0
