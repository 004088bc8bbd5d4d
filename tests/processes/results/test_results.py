"""`AsyncResult`: one outcome for every look, whoever looks, and what it has of `concurrent.futures.Future`."""


def test_every_look_gives_the_same_value_from_any_thread(serve, call):
    serve()
    call("""
        from concurrent.futures import ThreadPoolExecutor
        import asyncio
        for result in (g.call.slow(0.3, [1]) & BG, g.call.echo([1]) & BG):
            with ThreadPoolExecutor(8) as pool:
                looks = [pool.submit(result.get) for _ in range(8)]
                values = [look.result() for look in looks]

            async def awaited():
                return [await result, await result, await result.get_async()]

            values += [result.get(), result.result(), *asyncio.run(awaited())]
            assert values[0] == [1]
            assert all(value is values[0] for value in values)
        g.stop()
    """)


def test_every_look_gives_the_same_error(serve, call):
    serve()
    call("""
        import asyncio
        result = g.call.fail("x") & BG
        errors = []
        for look in (result.get, result.get, result.result, lambda: asyncio.run(result.get_async())):
            with raises(ValueError) as caught:
                look()
            errors.append(caught.error)
        errors += [result.exception(), result.error]
        assert all(error is errors[0] for error in errors)
        g.stop()
    """)


def test_ready_and_error_never_wait(serve, call):
    serve()
    call("""
        held, good, bad = g.call.hold() & BG, g.call.add(1, 2) & BG, g.call.fail("x") & BG
        with within(1):
            assert (held.ready, held.error) == (False, None)
        with within(10):
            while not (good.ready and bad.ready):
                pass
        assert good.error is None
        assert isinstance(bad.error, ValueError)
        assert not held.ready
        held.cancel()
        assert held.ready and isinstance(held.error, CallCancelled)
        g.stop()
    """)


def test_every_call_has_a_uuid_of_its_own_and_keeps_it(serve, call):
    serve()
    call("""
        import uuid
        results = [g.call.add(1, 2) & BG for _ in range(50)]
        uuids = [result.uuid for result in results]
        assert len(set(uuids)) == 50
        assert [str(uuid.UUID(text)) for text in uuids] == uuids
        assert [result.get() for result in results] == [3] * 50
        assert [result.uuid for result in results] == uuids
        assert {result.func_name for result in results} == {"add"}
        g.stop()
    """)


def test_an_event_loop_waits_as_long_as_it_is_told_and_the_call_goes_on(serve, call):
    serve()
    call("""
        import asyncio, trio

        async def main():
            result = g.call.slow(1, "patience") & BG
            with within(0.9), raises(TimeoutError) as caught:
                await result.get_async(timeout=0.1)
            assert "the call goes on" in str(caught.error)
            assert await result.get_async(timeout=10) == "patience"
            assert await result.get_async(0.001) == "patience"

        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_several_tasks_await_one_result(serve, call):
    serve()
    call("""
        import asyncio, trio

        async def main():
            result = g.call.slow(0.3, "for all") & BG
            tasks = [result, result.get_async(), result.get_async(10)]
            assert await asyncio.gather(*tasks) == ["for all"] * 3

        async def main_of_trio():
            result, values = g.call.slow(0.3, "for all") & BG, []

            async def look():
                values.append(await result)

            async with trio.open_nursery() as nursery:
                for _ in range(3):
                    nursery.start_soon(look)
            assert values == ["for all"] * 3

        asyncio.run(main())
        trio.run(main_of_trio)
        g.stop()
    """)


def test_a_result_reads_like_a_future(serve, call):
    serve()
    call("""
        held, good, bad = g.call.hold() & BG, g.call.add(1, 2) & BG, g.call.fail("x") & BG
        for wait in (held.result, held.exception):
            with raises(TimeoutError):
                wait(timeout=0.05)
        assert (held.running(), held.done(), held.cancelled()) == (True, False, False)
        assert good.result(timeout=10) == 3 and good.exception(10) is None
        assert isinstance(bad.exception(10), ValueError)
        with raises(ValueError):
            bad.result(10)
        for ended in (good, bad):
            assert (ended.running(), ended.done(), ended.cancelled()) == (False, True, False)
        assert held.cancel() is True
        assert (held.running(), held.done(), held.cancelled()) == (False, True, True)
        with raises(CallCancelled):
            held.result()
        g.stop()
    """)


def test_what_has_ended_is_not_cancelled_any_more(serve, call):
    serve()
    call("""
        good, bad = g.call.add(1, 2) & BG, g.call.fail("x") & BG
        assert good.get() == 3 and bad.exception()
        for ended in (good, bad):
            assert ended.cancel() is False
            assert not ended.cancelled()
        assert good.get() == 3 and isinstance(bad.error, ValueError)
        g.stop()
    """)


def test_done_callbacks_are_called_once_each_in_order_whatever_the_end(serve, call):
    serve()
    call("""
        import threading
        held = g.call.hold() & BG
        for result in (g.call.slow(0.2, 1) & BG, g.call.fail("x") & BG, g.call.slow(5) & BG(timeout=0.2), held):
            heard, last = [], threading.Event()
            for number in range(5):
                result.add_done_callback(lambda result, number=number: heard.append((number, result)))
            result.add_done_callback(lambda _: last.set())
            if result is held:
                result.cancel()
            assert last.wait(10)
            assert heard == [(number, result) for number in range(5)]
            # Once it has ended, at once.
            result.add_done_callback(lambda result: heard.append(("late", result)))
            assert heard[5:] == [("late", result)]
        g.stop()
    """)


def test_a_done_callback_that_raises_is_reported_and_harms_nobody(serve, call):
    serve()
    output = call("""
        import sys, threading

        def report(unraisable):
            print("reported", unraisable.exc_value)

        sys.unraisablehook = report

        def wrong(result):
            raise LookupError(f"in the hook of {result.func_name}")

        heard = threading.Event()
        result = g.call.slow(0.2, "value") & BG
        result.add_done_callback(wrong)
        result.add_done_callback(lambda _: heard.set())
        assert heard.wait(10)
        result.add_done_callback(wrong)
        assert result.get() == "value"
        g.stop()
    """)
    assert output.splitlines() == ["reported in the hook of slow"] * 2


def test_a_done_callback_may_call_again(serve, call):
    serve()
    call("""
        import threading
        values, done = [], threading.Event()

        def again(result):
            values.append(result.get())
            if len(values) < 5:
                (g.call.add(result.get(), 1) & BG).add_done_callback(again)
            else:
                values.append(g.call.add(100, 1) & FG)
                done.set()

        (g.call.add(0, 1) & BG).add_done_callback(again)
        assert done.wait(10)
        assert values == [1, 2, 3, 4, 5, 101]
        g.stop()
    """)


def test_what_reads_a_value_cannot_wait_for_it(serve, call):
    # It waited for itself, in a lock that nothing interrupts.
    serve()
    call("""
        import builtins, os

        class Asks:
            def __init__(self):
                self.home = os.getpid()

            def __setstate__(self, state):
                self.__dict__.update(state)
                if os.getpid() == self.home:
                    asks_now()

        def ask():
            with raises(SerializationError) as caught:
                asked[0].get()
            assert "is just being read" in str(caught.error), caught.error
            asked.append("told")

        # By this name the class, which travels, mentions neither the result nor what the tests use.
        builtins.asks_now = ask
        asked = [g.call.echo(Asks()) & BG]
        assert isinstance(asked[0].get(), Asks)
        assert asked[1:] == ["told"]
        g.stop()
    """)
