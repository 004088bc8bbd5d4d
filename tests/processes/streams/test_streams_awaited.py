"""STREAM from an event loop: what is awaited, what is closed, and what is not awaited at all."""

from page import ROOT

RECEIVER = ROOT / "tests" / "support" / "receiver.py"


def test_an_async_producer_that_raises_gets_its_own_error_and_is_closed(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import asyncio, trio
        closed = []

        async def broken():
            try:
                yield 1
                raise LookupError("source dried up")
            finally:
                closed.append(True)

        async def endless():
            try:
                while True:
                    yield "bad"
            finally:
                closed.append(True)

        def endless_sync():
            try:
                while True:
                    yield "bad"
            finally:
                closed.append(True)

        async def main():
            with raises(LookupError) as caught:
                await (g.call.take(broken()) & STREAM)
            assert not isinstance(caught.error, RemoteCallError)
            # Closed at once, not when it is collected.
            for held in (endless(), endless_sync()):
                closed.clear()
                with raises(LookupError) as caught:
                    await (g.call.refuse_bad(held) & STREAM)
                assert isinstance(caught.error, RemoteCallError)
                assert closed == [True]

        with raises(LookupError):
            g.call.take(broken()) & STREAM
        assert closed == [True]
        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_a_cancelled_task_ends_its_stream(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import asyncio, itertools, trio
        closed = []

        def endless():
            try:
                yield from itertools.count()
            finally:
                closed.append(True)

        held = [endless(), endless()]  # closed at once, not when they are collected

        async def main():
            task = asyncio.ensure_future(g.call.take(held[0]) & STREAM)
            while not (await (g.call.taken() & FG)):
                pass
            task.cancel()
            with raises(asyncio.CancelledError):
                await task

        async def main_of_trio():
            with trio.move_on_after(0.2) as scope:
                await (g.call.take(held[1]) & STREAM)
            assert scope.cancelled_caught

        asyncio.run(main())
        trio.run(main_of_trio)
        assert closed == [True, True]
        # Nothing comes any more.
        before = len(g.call.taken().fg())
        assert len(g.call.taken().fg()) == before
        g.stop()
    """)


def test_async_fetchers_stream(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import asyncio, trio

        @fetcher(STREAM)
        async def take(item): ...

        @fetcher(STREAM, args_from_body=True)
        async def take_two(upto):
            for number in range(upto):
                yield number, "x"

        async def main():
            assert await take([1, 2]) is None
            assert await take_two(1) is None

        asyncio.run(main())
        trio.run(main)
        assert g.call.taken().fg() == [1, 2, [0, "x"]] * 2
        g.stop()
    """)


def test_in_asyncio_a_stream_goes_on_though_nobody_awaits_it(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import asyncio

        @fetcher(STREAM)
        async def take(item): ...

        async def main():
            take(range(100))
            with within(10):
                while len(await (g.call.taken() & FG)) < 100:
                    pass

        asyncio.run(main())
        assert g.call.taken().fg() == list(range(100))
        g.stop()
    """)


def test_in_trio_a_stream_goes_on_though_nobody_awaits_it(serve, call):
    serve()
    call("""
        import trio

        @fetcher(STREAM)
        async def echo(item): ...

        async def main():
            stream = echo([1, 2])
            with within(10):
                while len(g.call.calls_so_far().fg()) < 2:
                    await trio.sleep(0.01)
            await stream

        trio.run(main)
        assert g.call.calls_so_far().fg() == ["echo", "echo"]
        g.stop()
    """)


def test_in_trio_a_stream_that_was_cancelled_counts_as_cancelled_ever_after(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import contextvars, trio
        mine = contextvars.ContextVar("mine", default="nothing")
        seen = []

        async def slow():
            seen.append(mine.get())
            while True:
                yield "item"
                await trio.sleep(0.01)

        async def main():
            mine.set("mine")
            stream = g.call.take(slow()) & STREAM
            with trio.move_on_after(0.2):
                await stream
            with raises(CallCancelled):
                await stream
            assert seen == ["mine"]

        trio.run(main)
        g.stop()
    """)


def test_in_trio_whatever_a_producer_raises_is_raised_where_the_stream_is_awaited(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import trio

        async def exits():
            yield "item"
            raise SystemExit(3)

        async def main():
            with raises(SystemExit):
                await (g.call.take(exits()) & STREAM)
            await trio.sleep(0)

        trio.run(main)
        g.stop()
    """)


def test_a_loop_has_its_turns_while_items_come_without_a_wait(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import asyncio, trio

        def busy():
            for item in range(20):
                began = time.monotonic()
                while time.monotonic() - began < 0.006:
                    pass
                yield item

        async def busy_async():
            for item in busy():
                yield item

        async def count_turns(turns, sleep):
            while True:
                turns.append(1)
                await sleep(0)

        async def in_asyncio():
            for items in (busy(), busy_async()):
                turns = []
                counting = asyncio.create_task(count_turns(turns, asyncio.sleep))
                await (g.call.take(items) & STREAM)
                counting.cancel()
                assert len(turns) >= 20, len(turns)

        async def in_trio():
            for items in (busy(), busy_async()):
                turns = []
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(count_turns, turns, trio.sleep)
                    await (g.call.take(items) & STREAM)
                    nursery.cancel_scope.cancel()
                assert len(turns) >= 20, len(turns)

        asyncio.run(in_asyncio())
        trio.run(in_trio)
        g.stop()
    """)
