"""Callbacks that are generators: their items stream back, as fast as the caller takes them."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


@pytest.fixture
def generators(serve):
    """Start the process with the generators."""
    return lambda: serve(PROGRAMS / "provider.py")


def test_a_generator_gives_the_caller_an_iterator(generators, call):
    generators()
    call("""
        for callback in (g.call.numbers, g.call.numbers_async):
            stream = callback(20_000) & FG
            assert iter(stream) is stream
            assert list(stream) == list(range(20_000))
            assert list(stream) == []
            assert list(callback(0) & FG) == []
            assert list((callback(3) & BG).get()) == [0, 1, 2]
        assert "numbers" in repr(g.call.numbers(1) & FG)
        g.stop()
    """)


def test_a_generator_gives_an_async_iterator_under_await(generators, call):
    generators()
    call("""
        import asyncio, trio
        @fetcher(FG)
        async def numbers(upto): __body_unknown__(upto)
        async def main():
            assert [n async for n in await numbers(3000)] == list(range(3000))
            assert [n async for n in await (g.call.numbers_async(5) & BG)] == list(range(5))
            assert [n async for n in await (g.call.numbers(2) & FG)] == [0, 1]
        asyncio.run(main())
        trio.run(main)
        g.stop()
    """)


def test_two_generators_are_read_side_by_side(generators, call):
    generators()
    call("""
        pairs = list(zip(g.call.numbers(5000) & FG, g.call.numbers_async(5000) & FG))
        assert pairs == [(n, n) for n in range(5000)]
        g.stop()
    """)


def test_an_item_comes_at_once_though_the_next_takes_long(generators, call):
    generators()
    call("""
        with within(5):
            stream = g.call.prompt() & FG
            assert next(stream) == "now"
            stream.close()
        g.stop()
    """)


def test_a_slow_reader_holds_the_generator_back(generators, call):
    generators()
    call(PROGRAMS / "a_slow_reader_holds_the_generator_back.py")


@pytest.mark.parametrize("name", ["endless", "endless_async"])
def test_closing_early_closes_the_remote_generator(generators, call, name):
    generators()
    call(PROGRAMS / "closing_early_closes_the_remote_generator.py", name)


@pytest.mark.parametrize("name", ["endless", "endless_async"])
def test_a_caller_that_dies_closes_the_remote_generator(generators, join, name):
    provider = generators()
    caller = join(f"""
        import os
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        stream = g.call.{name}() & FG
        next(stream)
        os._exit(0)
    """)
    caller.wait_end()
    provider.wait_for("^closed$")


def test_what_a_generator_raises_comes_after_its_items(generators, call):
    generators()
    call(PROGRAMS / "what_a_generator_raises_comes_after_its_items.py")


def test_large_items_stream_back(generators, call):
    generators()
    call("""
        items = list(g.call.large() & FG)
        assert items[1::2] == list(range(5))
        assert [len(item) for item in items[::2]] == [1_000_000] * 5
        g.stop()
    """)


def test_a_generator_whose_process_dies_ends_with_an_error(generators, call):
    generators()
    call("""
        import os, signal
        pid = g.call.pid() & FG
        stream = g.call.endless() & FG
        next(stream)
        os.kill(pid, signal.SIGKILL)
        with within(10), raises(RemoteStoppedUnexpectedly):
            for item in stream:
                pass
        g.stop()
    """)


def test_ctrl_c_ends_the_wait_for_an_item(generators, call):
    generators()
    call("""
        import os, signal, threading
        stream = g.call.endless_async() & FG
        next(stream)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with within(5), raises(KeyboardInterrupt):
            next(stream)
        stream.close()
        assert g.call.wait_closed() & FG
        g.stop()
    """)


def test_a_process_stops_though_its_generators_are_open(generators, call):
    provider = generators()
    call("""
        stream = g.call.endless() & FG
        next(stream)
        import os, signal
        with within(5):
            os.kill(g.call.pid() & FG, signal.SIGINT)
            with raises(RemoteStoppedUnexpectedly):
                for item in stream:
                    pass
        g.stop()
    """)
    assert provider.wait_end() == 0


def test_what_came_before_the_death_of_a_process_is_read_and_its_end_comes_at_once(
    generators, call
):
    generators()
    call(PROGRAMS / "what_came_before_the_death_of_a_process_is_read_and_its_end_comes_at_once.py")


def test_a_relayed_generator_is_the_same(serve, join):
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    provider = join(PROGRAMS / "provider.py", "relayed", name="provider")
    provider.wait_for("^ready")
    caller = join(PROGRAMS / "a_relayed_generator_is_the_same_other.py")
    assert caller.wait_end() == 0, caller.output
