"""What a call leaves behind when it is over: nothing that adds up."""


def test_an_async_callback_leaves_nothing_behind(serve, call):
    serve("""
        import asyncio, gc
        from place import meet, stay
        from daffi import callback

        @callback
        async def echo(value):
            return value

        @callback
        async def items():
            yield 1

        @callback
        def how_many_are_alive():
            gc.collect()
            return sum(isinstance(thing, asyncio.Task) for thing in gc.get_objects())

        g = meet(process_name="provider")
        stay(g)
    """)
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
    serve("""
        import gc, types
        from place import meet, stay
        from daffi import callback

        @callback
        async def items(number):
            for item in range(number):
                yield bytes(1000)

        @callback
        async def fails():
            yield 1
            raise ValueError

        @callback
        def how_many_are_alive():
            gc.collect()
            return sum(isinstance(thing, types.AsyncGeneratorType) for thing in gc.get_objects())

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        async def at_the_caller(number):
            for item in range(number):
                yield item

        for _ in range(50):
            assert len(list(g.call.items(3) & FG)) == 3
            with g.call.items(1_000_000) & FG as endless:
                next(endless)
            del endless
            g.call.items(1_000_000) & FG
            g.call.items(3) & NO_RETURN
            with raises(ValueError):
                list(g.call.fails() & FG)
            assert list(g.transfer_and_call("provider", at_the_caller, 2)) == [0, 1]
        with within(10):
            while g.call.how_many_are_alive().fg() > 20:
                pass
        g.stop()
    """)


def test_a_failed_result_leaves_nothing_behind(serve, call):
    serve()
    call("""
        import asyncio, gc, weakref
        alive = []
        policy = RetryPolicy(KeyError, stop_after_attempt=1)

        def looked_at(modifier):
            result = g.call.fail("x") & modifier
            alive.append(weakref.ref(result))
            try:
                result.get()
            except RemoteCallError:
                return

        async def awaited():
            result = g.call.fail("x") & BG
            alive.append(weakref.ref(result))
            try:
                await result
            except RemoteCallError:
                return

        for _ in range(20):
            looked_at(BG)
            looked_at(BG(retry_policy=policy))
            asyncio.run(awaited())
        with within(10):
            while any(ref() is not None for ref in alive):
                gc.collect()
        g.stop()
    """)


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
    call("""
        import asyncio, gc, os

        async def give_up():
            with raises(asyncio.TimeoutError):
                await asyncio.wait_for((g.call.slow(5) & BG).get_async(), 0.001)

        asyncio.run(give_up())
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            asyncio.run(give_up())
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) <= before + 2
        g.stop()
    """)


def test_looks_that_were_given_up_leave_nothing_behind(serve, call):
    serve()
    call("""
        import asyncio, gc, weakref
        result = g.call.slow(5) & BG

        async def main():
            tasks = [asyncio.ensure_future(result.get_async("1ms")) for _ in range(200)]
            alive = [weakref.ref(task) for task in tasks]
            await asyncio.wait(tasks)
            assert all(isinstance(task.exception(), TimeoutError) for task in tasks)
            tasks.clear()
            gc.collect()
            assert sum(ref() is not None for ref in alive) <= 1

        asyncio.run(main())
        g.stop()
    """)
