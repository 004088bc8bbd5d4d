"""RetryPolicy: which failures are worth another attempt, and how many."""

FLAKY = """
    from place import meet, stay
    from daffi import callback

    runs = 0

    class Special(KeyError):
        pass

    @callback
    def flaky(good_run, kind="KeyError", text="again"):
        global runs
        runs += 1
        if runs < good_run:
            raise {"KeyError": KeyError, "Special": Special, "ValueError": ValueError}[kind](text)
        return runs

    @callback
    def reset():
        global runs
        seen, runs = runs, 0
        return seen

    g = meet(process_name="provider")
    stay(g)
"""


def test_a_call_is_made_again_until_it_succeeds(serve, call):
    serve(FLAKY)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=5, wait="1ms")
        assert (g.call.flaky(3) & FG(retry_policy=policy)) == 3
        g.call.reset() & FG
        assert (g.call.flaky(3) & BG(retry_policy=policy)).get() == 3
        g.call.reset() & FG
        assert (g.call.flaky(3) & BROADCAST(retry_policy=policy, return_result=True)) == {"provider": 3}
        g.stop()
    """)


def test_the_last_error_is_raised_when_the_policy_says_stop(serve, call):
    serve(FLAKY)
    call("""
        with raises(KeyError) as caught:
            g.call.flaky(9) & FG(retry_policy=RetryPolicy(KeyError, stop_after_attempt=3, wait=0))
        assert isinstance(caught.error, RemoteCallError)
        assert g.call.reset().fg() == 3
        with raises(KeyError):
            (g.call.flaky(9) & BG(retry_policy=RetryPolicy(stop_after_attempt=2, wait=0))).get()
        assert g.call.reset().fg() == 2
        with raises(KeyError), within(5):
            g.call.flaky(10**9) & FG(retry_policy=RetryPolicy(stop_after_delay="200ms", wait="20ms"))
        assert g.call.reset().fg() > 1
        g.stop()
    """)


def test_only_acceptable_errors_are_worth_another_attempt(serve, call):
    serve(FLAKY)
    call("""
        with raises(ValueError):
            g.call.flaky(9, "ValueError") & FG(retry_policy=RetryPolicy(KeyError, stop_after_attempt=3, wait=0))
        assert g.call.reset().fg() == 1
        # Subclasses count, here known by the class they derive from.
        policy = RetryPolicy([KeyError, OSError], stop_after_attempt=3, wait=0)
        assert (g.call.flaky(2, "Special") & FG(retry_policy=policy)) == 2
        g.call.reset() & FG
        policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0, str_expression="other")
        with raises(KeyError):
            g.call.flaky(9) & FG(retry_policy=policy)
        assert g.call.reset().fg() == 1
        g.stop()
    """)


def test_a_policy_that_cannot_be_is_refused_where_it_is_made(call, serve):
    serve()
    call("""
        for wrong in ({"acceptable_errors": 3}, {"stop_after_attempt": 0}):
            with raises(InitializationError):
                RetryPolicy(**wrong)
        with raises(GlobalContextError):
            RetryPolicy(wait="soon")
        g.stop()
    """)


def test_a_cancelled_call_is_not_made_again(serve, call):
    serve(FLAKY)
    call("""
        for wait in ("5ms", "300ms"):
            policy = RetryPolicy(stop_after_delay="1h", wait=wait)
            result = g.call.flaky(10**9) & BG(retry_policy=policy)
            while g.call.reset().fg() == 0:
                pass
            assert result.cancel() and result.cancelled()
            with raises(CallCancelled):
                result.get()
            time.sleep(0.1)  # one may have been under way
            g.call.reset() & FG
            time.sleep(0.5)  # longer than either wait
            assert g.call.reset().fg() == 0
        g.stop()
    """)


def test_a_stop_ends_the_attempts_in_front_and_behind(serve, call):
    serve(FLAKY)
    call("""
        import threading
        policy = RetryPolicy(stop_after_delay="1h", wait="1h")
        result = g.call.flaky(10**9) & BG(retry_policy=policy)
        errors = []
        def in_front():
            try:
                g.call.flaky(10**9) & FG(retry_policy=policy)
            except Exception as error:
                errors.append(error)
        thread = threading.Thread(target=in_front)
        thread.start()
        runs = 0
        while runs < 2:
            runs += g.call.reset().fg()
        with within(5):
            g.stop()
            # The last error: that of the callback where the stop came right after an attempt.
            with raises(GlobalContextError, KeyError):
                result.get()
            thread.join()
        assert isinstance(errors[0], (GlobalContextError, KeyError))
    """)


def test_a_policy_holds_for_awaited_calls(serve, call):
    serve(FLAKY)
    call("""
        import asyncio, trio
        policy = RetryPolicy(KeyError, stop_after_attempt=3, wait="100ms")

        @fetcher(FG(retry_policy=policy))
        async def flaky(good_run): ...

        async def main():
            assert await flaky(3) == 3
            g.call.reset().bg().get()
            assert await (g.call.flaky(3) & FG(retry_policy=policy)) == 3
            g.call.reset().bg().get()
            assert await (g.call.flaky(3) & BG(retry_policy=policy)) == 3
            g.call.reset().bg().get()
            with raises(KeyError):
                await flaky(4)
            g.call.reset().bg().get()

        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_a_call_that_is_made_again_takes_arguments_of_any_name(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def named(**names):
            return names

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)
        names = {"self": 1, "fn": 2, "policy": 3, "name": 4, "once": 5, "args": 6, "kwargs": 7}
        assert (g.call.named(**names) & FG(retry_policy=policy)) == names
        assert (g.call.named(**names) & BG(retry_policy=policy)).get() == names
        everywhere = BROADCAST(retry_policy=policy, return_result=True)
        assert (g.call.named(**names) & everywhere) == {"provider": names}
        g.stop()
    """)


def test_each_process_of_a_broadcast_is_tried_again_by_itself(serve, join, call):
    serve(FLAKY)
    second = FLAKY.replace('process_name="provider"', 'process_name="second"').replace(
        "runs = 0\n", "runs = 5\n", 1
    )
    join(second.replace("stay(g)", "print('up', flush=True); g.join()"), name="second").wait_for(
        "^up$"
    )
    call("""
        g.wait_process("second")
        policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0)
        everywhere = BROADCAST(retry_policy=policy, return_result=True)
        # The one needs a third attempt, the other none.
        assert (g.call.flaky(3) & everywhere) == {"provider": 3, "second": 6}
        values = g.call.flaky(9, "ValueError") & everywhere
        assert all(isinstance(value, ValueError) for value in values.values())
        assert (g.call.reset() & BROADCAST(return_result=True)) == {"provider": 4, "second": 7}
        g.stop()
    """)


def test_an_async_fetcher_is_tried_again_while_it_is_awaited(serve, call):
    serve(FLAKY)
    call("""
        import asyncio

        policy = RetryPolicy(KeyError, stop_after_attempt=5, wait="1ms")

        @fetcher(FG(retry_policy=policy))
        async def flaky(good_run): ...

        async def main():
            assert await flaky(3) == 3
            await g.call.reset().fg()
            assert flaky(2) == 2
            await g.call.reset().fg()
            with raises(KeyError):
                await flaky(9)

        asyncio.run(main())
        assert g.call.reset().fg() == 5
        g.stop()
    """)


def test_no_attempt_begins_later_than_the_limit_after_the_first(serve, call):
    # The limit was looked at before the wait, and the attempt behind it came 5 s after the first.
    serve(FLAKY)
    call("""
        policy = RetryPolicy(KeyError, stop_after_delay="1s")
        for call in (lambda: g.call.flaky(9) & FG(retry_policy=policy),
                     lambda: (g.call.flaky(9) & BG(retry_policy=policy)).get()):
            with raises(KeyError), within(4):
                call()
            assert g.call.reset().fg() == 1
        g.stop()
    """)


def test_ctrl_c_ends_the_wait_for_another_attempt(serve, call):
    serve(FLAKY)
    call("""
        import _thread, threading

        def interrupt():
            while g.call.reset().fg() == 0:
                pass
            _thread.interrupt_main()

        threading.Thread(target=interrupt).start()
        with raises(KeyboardInterrupt), within(60):
            g.call.flaky(9) & FG(retry_policy=RetryPolicy(wait="1h"))
        g.stop()
    """)


def test_a_call_that_waits_for_another_attempt_has_no_thread(serve, call):
    # Each had one for as long as it took.
    serve(FLAKY)
    call("""
        import os, threading

        policy = RetryPolicy(KeyError, wait="1h")
        (g.call.flaky(0) & BG(retry_policy=policy)).get()
        g.call.reset() & FG
        before, known = len(os.listdir("/proc/self/task")), threading.active_count()
        results = [g.call.flaky(10**9) & BG(retry_policy=policy) for _ in range(1500)]
        runs = 0
        while runs < 1500:
            runs += g.call.reset().fg()
        # The threads that made the attempts end a second later.
        while len(os.listdir("/proc/self/task")) > before:
            pass
        assert threading.active_count() <= known
        assert not any(result.ready for result in results)
        for result in results:
            assert result.cancel()
        g.stop()
    """)


def test_a_policy_that_takes_long_holds_up_no_other_call(serve, call):
    serve(FLAKY)
    call("""
        import threading

        go, asked = threading.Event(), threading.Semaphore(0)

        class Slow(RetryPolicy):
            def is_worth(self, error):
                asked.release()
                go.wait()
                return False

        stuck = [g.call.flaky(10**9) & BG(retry_policy=Slow()) for _ in range(3)]
        policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0)
        for _ in stuck:
            asked.acquire()
        with raises(KeyError):
            (g.call.flaky(10**9) & BG(retry_policy=policy)).get()
        go.set()
        for result in stuck:
            with raises(KeyError):
                result.get()
        g.stop()
    """)


def test_a_policy_may_make_calls_that_are_made_again_and_stop_the_process(serve, call):
    serve(FLAKY)
    call("""
        policy = RetryPolicy(KeyError, stop_after_attempt=2, wait=0)

        class Asks(RetryPolicy):
            def is_worth(self, error):
                with raises(KeyError):
                    (g.call.flaky(10**9) & BG(retry_policy=policy)).get()
                return super().is_worth(error)

        with raises(KeyError):
            (g.call.flaky(10**9) & BG(retry_policy=Asks(KeyError, stop_after_attempt=3, wait=0))).get()

        class Stops(RetryPolicy):
            def is_worth(self, error):
                g.stop()
                return True

        with raises(KeyError), within(10):
            (g.call.flaky(10**9) & BG(retry_policy=Stops(wait=0))).get()
    """)


def test_arguments_that_are_kept_for_another_attempt_have_a_bound(serve, join):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        def fail(data):
            raise KeyError(len(data))

        stay(meet(process_name="provider"))
    """)
    caller = join("""
        from place import meet, raises
        from daffi import BG, Overloaded, RetryPolicy

        g = meet(process_name="caller", max_waiting_bytes=1_050_000)
        g.wait_process("provider")
        policy = RetryPolicy(KeyError, wait="1h")
        results = []
        with raises(Overloaded) as caught:
            for _ in range(100):
                results.append(g.call.fail(bytes(100_000)) & BG(retry_policy=policy))
        assert "max_waiting_bytes" in str(caught.error)
        assert len(results) == 10
        for result in results:
            result.cancel()
        while len(results) == 10:
            try:
                results.append(g.call.fail(bytes(100_000)) & BG(retry_policy=policy))
            except Overloaded:
                pass  # those that were cancelled are on their way out
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output
