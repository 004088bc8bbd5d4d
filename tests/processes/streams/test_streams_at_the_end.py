"""Streams of an event loop that nobody awaits, when the block of their Global ends: finished first, or told of."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


RECEIVER = PROGRAMS / "receiver.py"
CALLER = """
    import asyncio, logging, os, sys, time
    from place import meet, within
    from daffi import *

    logging.basicConfig(format="log %(levelname)s %(message)s", stream=sys.stdout, level=logging.WARNING)

    @fetcher(STREAM)
    async def take(item): ...

    def numbers():
        yield from range(300)

    async def async_numbers():
        for number in range(300):
            await asyncio.sleep(0)
            yield number

    async def endless():
        while True:
            await asyncio.sleep(0.001)
            yield 1
"""


@pytest.fixture
def begin(serve, join):
    """Run a caller that begins a stream and leaves; then what it printed, and what the receiver has."""

    def run(main):
        serve(RECEIVER)
        caller = join(CALLER + main, name="caller")
        assert caller.wait_end() == 0, caller.output
        reader = join(
            """
            from place import meet
            from daffi import FG
            with meet() as g:
                g.wait_function("taken")
                print(g.call.taken() & FG)
            """,
            name="reader",
        )
        assert reader.wait_end() == 0, reader.output
        return caller.output, eval(reader.lines[-1])

    return run


@pytest.mark.parametrize("block", ["async with", "with"])
@pytest.mark.parametrize("stream", ["g.call.take(numbers()) & STREAM", "take(range(300))"])
@pytest.mark.parametrize("turn", ["", "await asyncio.sleep(0.01)"])
def test_a_stream_that_nobody_awaits_is_finished_first(begin, block, stream, turn):
    # It was cut off, with a traceback of asyncio.
    said, taken = begin(f"""
    async def main():
        {block} meet() as g:
            await g.wait_function("take")
            {stream}
            {turn}
    asyncio.run(main())
    """)
    assert (taken, said) == (list(range(300)), "")


def test_an_async_iterable_goes_on_in_an_async_block(begin):
    said, taken = begin("""
    async def main():
        async with meet() as g:
            await g.wait_function("take")
            g.call.take(async_numbers()) & STREAM
    asyncio.run(main())
    """)
    assert (taken, said) == (list(range(300)), "")


def test_a_stop_that_is_awaited_finishes_it_first(begin):
    said, taken = begin("""
    async def main():
        g = meet()
        await g.wait_function("take")
        g.call.take(async_numbers()) & STREAM
        await g.stop_async()
    asyncio.run(main())
    """)
    assert (taken, said) == (list(range(300)), "")


def test_in_trio_a_stream_is_finished_first_too(begin):
    said, taken = begin("""
    import trio

    async def main():
        async with meet() as g:
            await g.wait_function("take")
            g.call.take(numbers()) & STREAM
    trio.run(main)
    """)
    assert (taken, said) == (list(range(300)), "")


def test_what_cannot_be_finished_is_said_in_one_line(begin):
    said, _ = begin("""
    async def main():
        with meet() as g:
            await g.wait_function("take")
            g.call.take(endless()) & STREAM
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
    asyncio.run(main())
    """)
    assert said.splitlines() == [
        "log WARNING take: this process stopped before the stream was over, and nobody awaits it"
    ]


def test_a_stream_whose_loop_ends_first_is_told_of(begin):
    # It was cut off without a word: `asyncio.run` cancels what is left.
    said, _ = begin("""
    async def main():
        await g.wait_function("take")
        g.call.take(endless()) & STREAM
        await asyncio.sleep(0.05)
    with meet() as g:
        asyncio.run(main())
    """)
    assert said.splitlines() == [
        "log WARNING take: its event loop ended before the stream was over, and nobody awaits it"
    ]


def test_an_error_in_the_block_waits_for_no_stream(begin):
    said, _ = begin("""
    async def main():
        try:
            async with meet() as g:
                await g.wait_function("take")
                g.call.take(endless()) & STREAM
                raise LookupError
        except LookupError:
            print("left", flush=True)
        await asyncio.sleep(0.05)
    with within(5):
        asyncio.run(main())
    """)
    # The line may come before or after what the caller says itself.
    assert sorted(said.splitlines()) == [
        "left",
        "log WARNING take: this process stopped before the stream was over, and nobody awaits it",
    ]
