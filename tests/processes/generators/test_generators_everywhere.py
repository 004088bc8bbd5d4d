"""Generators as callbacks wherever callbacks can be: methods, broadcasts, other loops, a controller between."""

GENERATORS = """
import asyncio, sys, threading
from place import meet, stay
from daffi import callback

closed = threading.Semaphore(0)
made = 0

class Base:
    def __init__(self, word):
        self.word = word

    def items(self, upto):
        for number in range(upto):
            yield f"{self.word}{number}"

@callback
class Feed(Base):
    async def items_async(self, upto):
        for number in range(upto):
            yield f"{self.word}{number}"

    @staticmethod
    def fixed(upto):
        yield from range(upto)

    @classmethod
    def of_class(cls):
        yield cls.__name__

Feed("item")

@callback
def mine(g):
    yield g.process_name

@callback
async def mine_async(g):
    yield g.process_name

@callback
def numbers(upto, *, step=1):
    yield from range(0, upto, step)

@callback
def exits():
    yield 1
    sys.exit(3)

@callback
async def exits_async():
    yield 1
    sys.exit(3)

@callback
async def endless_async():
    try:
        while True:
            yield bytes(100)
    finally:
        closed.release()

@callback
def endless():
    global made
    try:
        while True:
            made += 1
            yield bytes(100)
    finally:
        closed.release()

@callback
def fails_when_closed():
    try:
        while True:
            yield 1
    finally:
        print("closing", flush=True)
        raise LookupError("while it was closed")

@callback
def how_many():
    return made

@callback
def wait_closed():
    return closed.acquire(timeout=10)
"""
MEET = """
g = meet(process_name=sys.argv[1])
if sys.argv[1] == "provider":
    stay(g)
else:
    print("up", flush=True)
    g.join()
"""


def test_methods_of_every_kind_stream_back(serve, call):
    serve(GENERATORS + MEET, "provider")
    call("""
        assert list(g.call.items(2) & FG) == ["item0", "item1"]
        assert list(g.call.items_async(upto=2) & FG) == ["item0", "item1"]
        assert list(g.call.fixed(2) & FG) == [0, 1]
        assert list(g.call.of_class() & FG) == ["Feed"]
        assert list(g.call.numbers(5, step=2) & FG) == [0, 2, 4]

        @fetcher(FG)
        class Feed:
            def items(self, upto): ...
            async def items_async(self, upto): ...

        assert list(Feed().items(1)) == ["item0"]

        import asyncio

        async def main():
            assert [item async for item in await Feed().items_async(1)] == ["item0"]

        asyncio.run(main())
        g.stop()
    """)


def test_a_generator_gets_the_global_of_its_own_process(serve, call):
    serve(GENERATORS + MEET, "provider")
    call("""
        assert list(g.call.mine() & FG) == ["provider"]
        assert list(g.call.mine_async() & FG) == ["provider"]
        g.stop()
    """)


def test_a_broadcast_gives_the_items_of_every_node(serve, join, call):
    serve(GENERATORS + MEET, "provider")
    join(GENERATORS + MEET, "second", name="second").wait_for("^up$")
    call("""
        g.wait_process("second")
        for name in ("mine", "mine_async"):
            streams = getattr(g.call, name)() & BROADCAST(return_result=True)
            assert {node: list(stream) for node, stream in streams.items()} == {
                "provider": ["provider"], "second": ["second"],
            }
        g.stop()
    """)


def test_every_look_at_a_result_gives_the_same_iterator(serve, call):
    serve(GENERATORS + MEET, "provider")
    call("""
        result = g.call.numbers(3) & BG
        stream = result.get()
        assert next(stream) == 0
        assert result.get() is stream
        assert list(result.get()) == [1, 2]
        g.stop()
    """)


def test_what_exits_in_a_generator_ends_its_items_and_no_process(serve, call):
    provider = serve(GENERATORS + MEET, "provider")
    call("""
        for name in ("exits", "exits_async"):
            stream = getattr(g.call, name)() & FG
            assert next(stream) == 1
            with within(5), raises(RemoteCallError) as caught:
                next(stream)
            assert caught.error.remote_type == "SystemExit"
        assert list(g.call.numbers(2) & FG) == [0, 1]
        g.stop()
    """)
    provider.end()


def test_a_generator_that_fails_while_it_is_closed_harms_nobody(serve, call):
    provider = serve(GENERATORS + MEET, "provider")
    call("""
        stream = g.call.fails_when_closed() & FG
        assert next(stream) == 1
        stream.close()
        assert list(g.call.numbers(2) & FG) == [0, 1]
        g.stop()
    """)
    provider.wait_for("^closing$")


def test_leaving_an_async_loop_early_closes_the_remote_generator(serve, call):
    serve(GENERATORS + MEET, "provider")
    call("""
        import asyncio, gc, trio

        async def main():
            for name in ("endless", "endless_async"):
                async for item in await (getattr(g.call, name)() & FG):
                    break
                gc.collect()
                assert await (g.call.wait_closed() & FG)

                stream = await (getattr(g.call, name)() & FG)
                await anext(stream)
                stream.close()
                assert await (g.call.wait_closed() & FG)
                assert [item async for item in stream] == []

        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_a_slow_reader_holds_the_generator_back_through_the_controller_too(serve, join, place):
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    place.settings["direct"] = False
    join(GENERATORS + MEET, "second", name="second").wait_for("^up$")
    caller = join("""
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("second", timeout=10)
        stream = g.call.endless() & FG
        for _ in range(10):
            next(stream)
        # As where they meet directly: nothing piles up on the way.
        assert g.call.how_many().fg() <= 1000
        stream.close()
        assert g.call.wait_closed() & FG
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output


def test_async_generators_run_in_trio_where_the_global_was_made_under_trio(serve, call):
    serve(
        GENERATORS
        + """
import trio

@callback
async def naps(upto):
    try:
        for number in range(upto):
            await trio.sleep(0.001)
            yield number
    finally:
        closed.release()

async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()

trio.run(main)
"""
    )
    call("""
        assert list(g.call.naps(50) & FG) == list(range(50))
        assert g.call.wait_closed() & FG
        stream = g.call.naps(10**6) & FG
        assert next(stream) == 0
        stream.close()
        assert g.call.wait_closed() & FG
        g.stop()
    """)


def test_a_generator_stays_one_where_it_is_defined(serve, call):
    serve()
    call("""
        import types

        @callback
        def numbers(upto):
            yield from range(upto)

        @callback
        async def numbers_async(upto):
            yield upto

        @callback
        class Feed:
            @staticmethod
            def fixed(upto):
                yield from range(upto)

        for local in (numbers(3), Feed.fixed(3)):
            assert isinstance(local, types.GeneratorType)
            assert list(local) == [0, 1, 2]
        assert isinstance(numbers_async(3), types.AsyncGeneratorType)
        g.stop()
    """)


def test_the_items_of_a_generator_that_is_not_awaited_come_without_holding_up_the_loop(serve, call):
    serve(GENERATORS + MEET, "provider")
    call("""
        import asyncio, trio

        @fetcher(FG)
        async def numbers(upto): ...

        async def main():
            assert [item async for item in g.call.numbers(3) & FG] == [0, 1, 2]
            assert [item async for item in numbers(3)] == [0, 1, 2]

        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_a_fetcher_whose_body_has_a_yield_is_iterated_without_holding_up_the_loop(serve, call):
    # Its calls held up the loop, and the advice was to make it `async def`, which it was.
    serve(GENERATORS + MEET, "provider")
    output = call("""
        import asyncio, contextlib, inspect, logging, sys, trio
        from unittest import mock

        logging.basicConfig(format="%(message)s", stream=sys.stdout)

        @fetcher(FG)
        async def numbers(upto):
            yield upto

        @fetcher
        @alias("numbers")
        async def open_numbers(upto):
            yield upto

        @fetcher(FG)
        class Remote:
            @alias("numbers")
            async def items(self, upto):
                yield upto

        ways = (numbers, open_numbers & FG, lambda upto: open_numbers(upto) & FG, Remote().items)

        async def main():
            for way in ways:
                assert [item async for item in way(3)] == [0, 1, 2]
                assert [item async for item in await way(3)] == [0, 1, 2]
                stream = way(3)
                assert [await anext(stream), await anext(stream)] == [0, 1]
                assert await anext(stream) == 2 and await anext(stream, None) is None
                async with way(10**6) as stream:
                    assert await anext(stream) == 0
                async with contextlib.aclosing(way(10**6)) as stream:
                    assert await anext(stream) == 0
            assert [item async for item in await (open_numbers(3) & BG)] == [0, 1, 2]
            assert (open_numbers(3) & NO_RETURN) is None

        asyncio.run(main())
        trio.run(main)
        for way in ways:
            assert list(way(3)) == [0, 1, 2]
        assert not inspect.isawaitable(numbers)
        with mock.patch(f"{__name__}.numbers") as mocked:
            mocked.return_value.__aiter__.return_value = [5]

            async def mocked_main():
                assert [item async for item in numbers(3)] == [5]

            asyncio.run(mocked_main())
        g.stop()
    """)
    assert "holds up" not in output, output


def test_a_task_that_is_cancelled_while_it_iterates_ends_the_generator_though_it_is_kept(
    serve, call
):
    # The traceback of its error held the items, and the generator waited for ever.
    waits = """
@callback
async def waits():
    try:
        yield 1
        await asyncio.Event().wait()
    finally:
        closed.release()
"""
    serve(GENERATORS + waits + MEET, "provider")
    call("""
        import asyncio

        @fetcher(FG)
        async def waits(): ...


        async def main():
            for way in (
                lambda: waits(),
                lambda: g.call.waits() & FG,
                lambda: waits().__aiter__(),
                lambda: g.call.waits().fg(),
            ):
                begun = asyncio.Event()

                async def follow():
                    async for _ in way():
                        begun.set()

                async def follow_awaited():
                    async for _ in await (g.call.waits() & FG):
                        begun.set()

                for follow in (follow, follow_awaited):
                    task = asyncio.create_task(follow())
                    await begun.wait()
                    await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.wait([task])
                    assert task.cancelled()
                    assert await (g.call.wait_closed() & FG)
                    begun.clear()

        asyncio.run(main())
        g.stop()
    """)
