"""STREAM: every item to every process that offers the name, in order, as fast as the slowest takes them."""

import pytest

# Keeps what it gets and tells it; each process has all of these callbacks.
RECEIVER = """
import os, sys, threading
from place import meet, stay
from daffi import callback

got = []
gate = threading.Event()

@callback
def take(item):
    got.append(item)

@callback
async def take_async(item):
    got.append(item)

@callback
def take_pair(a, b):
    got.append(f"{a}-{b}")

@callback
def take_one(first, second=None):
    got.append((first, second))

@callback
def take_or_fail(item):
    got.append(item)
    if item == "bad" and sys.argv[1] == "provider":
        raise ValueError("no more of this")

@callback
def take_or_die(item):
    got.append(item)
    if item == 3 and sys.argv[1] == "victim":
        os._exit(9)

@callback
def take_when_let(item):
    if sys.argv[1] == "provider":
        gate.wait()
    got.append(item)

@callback
def let():
    gate.set()

@callback
def taken():
    return got

@callback
def count_and_check():
    assert got == list(range(len(got))), "out of order"
    return len(got)

g = meet(process_name=sys.argv[1])
if sys.argv[1] == "provider":
    stay(g)
else:
    print("up", flush=True)
    g.join()
"""
CONTROLLER = "from place import meet, stay; g = meet(init_node=False); stay(g)"


@pytest.fixture
def receivers(serve, join):
    """Start so many receivers: `provider` with the controller, and `second`, `third` ..."""

    def start(*names):
        scripts = [serve(RECEIVER, "provider")]
        for name in names:
            scripts.append(join(RECEIVER, name, name=name))
            scripts[-1].wait_for("^up$")
        return scripts

    return start


def test_a_stream_reaches_every_receiver_in_order(receivers, call):
    receivers("second", "third")
    call("""
        for name in ("second", "third"):
            g.wait_process(name)
        items = [1, "two", None, b"4", (5, 6), {"seven": 8}, [9]]
        assert (g.call.take(items) & STREAM) is None
        for name in ("provider", "second", "third"):
            assert (g.call.taken() & FG(node=name)) == items, name
        g.stop()
    """)


def test_any_iterable_is_streamed_once(receivers, call):
    receivers()
    call("""
        def generator():
            for number in range(3):
                yield number
        async def async_generator():
            for number in range(10, 13):
                yield number
        class Iterable:
            def __iter__(self):
                return iter("ab")
        g.call.take(generator()) & STREAM
        g.call.take(async_generator()) & STREAM
        g.call.take(Iterable()) & STREAM
        g.call.take({"key": 1}) & STREAM
        g.call.take(iter(())) & STREAM
        assert (g.call.taken() & FG) == [0, 1, 2, 10, 11, 12, "a", "b", "key"]
        g.stop()
    """)


def test_every_spelling_streams(receivers, call):
    receivers()
    call("""
        @fetcher(STREAM)
        def take(item): __body_unknown__(item)
        take([1])

        @fetcher
        def take_one(first, second=None): __body_unknown__(first)
        take_one([2]) & STREAM(timeout=10)
        take_one([3]).stream(timeout=10, node="provider")
        (g.call.take & STREAM)([4])
        take_one([5], __exec_modifier__=STREAM)

        @fetcher(STREAM, args_from_body=True)
        def take_async(upto):
            for number in range(6, upto):
                yield number
        take_async(8)
        assert (g.call.taken() & FG) == [1, (2, None), (3, None), 4, (5, None), 6, 7]
        g.stop()
    """)


def test_items_are_spread_where_two_arguments_are_required(receivers, call):
    receivers()
    call("""
        g.call.take_pair([("a", "b"), {"b": "d", "a": "c"}]) & STREAM
        g.call.take_one([("a", "b"), {"first": 1}]) & STREAM
        assert (g.call.taken() & FG) == ["a-b", "c-d", (("a", "b"), None), ({"first": 1}, None)]
        for item in (("a",), ("a", "b", "c"), "ab", {"a": 1}, {"a": 1, "b": 2, "c": 3}):
            with raises(GlobalContextError) as caught:
                g.call.take_pair([item]) & STREAM
            assert "take_pair(a, b)" in str(caught.error), caught.error
        g.stop()
    """)


def test_async_callbacks_take_items_one_at_a_time(receivers, call):
    receivers()
    call("""
        g.call.take_async(range(2000)) & STREAM
        assert (g.call.count_and_check() & FG) == 2000
        g.stop()
    """)


def test_large_and_pickled_items_arrive(receivers, call):
    receivers()
    call("""
        class Local:
            def __eq__(self, other):
                return type(other).__name__ == "Local"
            __hash__ = None
        items = [bytes(5_000_000), 1, bytearray(b"x" * 40_000), Local(), "y" * 70_000, 2]
        g.call.take(items) & STREAM
        assert (g.call.taken() & FG) == items
        g.stop()
    """)


def test_nothing_to_stream_and_nobody_to_stream_to_are_errors(receivers, call):
    receivers()
    call("""
        for wrong in ("text", b"bytes", bytearray(2), 5, None):
            with raises(InitializationError) as caught:
                g.call.take(wrong) & STREAM
            assert repr(wrong) in str(caught.error)
        for wrong in ((), ([1], [2])):
            with raises(InitializationError) as caught:
                g.call.take(*wrong) & STREAM
            assert "one iterable" in str(caught.error)
        with raises(InitializationError):
            g.call.take(item=[1]) & STREAM
        with raises(InitializationError) as caught:
            g.call.tkae([1]) & STREAM
        assert "did you mean 'take'" in str(caught.error)
        with raises(InitializationError):
            g.call.take([1]) & STREAM(node="nobody")
        g.stop()
    """)


def test_a_receiver_that_raises_ends_the_stream_everywhere(receivers, call):
    receivers("second")
    call("""
        g.wait_process("second")
        closed = []
        def endless():
            try:
                yield "good"
                yield "bad"
                while True:
                    yield "more"
            finally:
                closed.append(True)
        held = endless()
        with within(10), raises(ValueError, RemoteCallError) as caught:
            g.call.take_or_fail(held) & STREAM
        assert "no more of this" in str(caught.error)
        # At once, not when it is collected.
        assert closed
        assert (g.call.taken() & FG(node="provider")) == ["good", "bad"]
        before = g.call.taken() & FG(node="second")
        assert (g.call.taken() & FG(node="second")) == before
        g.stop()
    """)


def test_a_receiver_that_dies_ends_the_stream(receivers, call):
    receivers("victim")
    call("""
        import itertools
        g.wait_process("victim")
        with within(10), raises(RemoteStoppedUnexpectedly) as caught:
            g.call.take_or_die(itertools.count()) & STREAM
        assert "victim" in str(caught.error)
        g.stop()
    """)


def test_a_producer_that_raises_gets_its_own_error(receivers, call):
    receivers()
    call("""
        def broken():
            yield 1
            raise LookupError("source dried up")
        with raises(LookupError):
            g.call.take(broken()) & STREAM
        g.call.take([2]) & STREAM
        assert (g.call.taken() & FG)[-1] == 2
        g.stop()
    """)


def test_a_slow_receiver_holds_the_producer_back(receivers, call):
    receivers("second")
    call("""
        import threading
        g.wait_process("second")
        produced = 0
        def endless():
            global produced
            for produced in range(1, 1_000_001):
                yield bytes(100)
        errors = []
        def stream():
            try:
                g.call.take_when_let(endless()) & STREAM(timeout=1.5)
            except TimeoutError as error:
                errors.append(error)
        thread = threading.Thread(target=stream)
        thread.start()
        thread.join()
        assert errors
        # 64 KiB of items are kept at most, however long the stream is.
        assert 64 <= produced <= 700, produced
        g.call.let() & FG(node="provider")
        g.stop()
    """)


def test_a_large_item_passes_through_a_small_window(receivers, call):
    receivers()
    call("""
        produced = []
        def large():
            for number in range(20):
                produced.append(number)
                yield bytes(1_000_000)
        g.call.take(large()) & STREAM
        assert [len(item) for item in g.call.taken() & FG] == [1_000_000] * 20
        g.stop()
    """)


def test_the_time_limit_covers_the_whole_stream(receivers, call):
    receivers()
    call("""
        with within(5), raises(TimeoutError):
            g.call.take_when_let(range(5)) & STREAM(timeout=0.3)
        def slow():
            for number in range(50):
                time.sleep(0.05)  # being slow is what it is for
                yield number
        with within(2), raises(TimeoutError):
            g.call.take(slow()) & STREAM(timeout="300ms")
        g.call.let() & FG
        g.stop()
    """)


def test_ctrl_c_ends_a_stream(receivers, call):
    receivers()
    call("""
        import os, signal, threading
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        with within(5), raises(KeyboardInterrupt):
            g.call.take_when_let(range(1_000_000)) & STREAM
        g.call.let() & FG
        g.stop()
    """)


def test_in_asyncio_a_stream_is_awaited(receivers, call):
    receivers()
    call("""
        import asyncio
        async def source():
            for number in range(3000):
                yield number
        async def main():
            ticks = 0
            async def tick():
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep(0.001)
            ticking = asyncio.create_task(tick())
            assert await (g.call.take(source()) & STREAM) is None
            assert await (g.call.take(range(3000, 4000)) & STREAM) is None
            ticking.cancel()
            assert ticks > 1
            with raises(TimeoutError):
                await (g.call.take_when_let(range(10_000)) & STREAM(timeout=0.3))
        asyncio.run(main())
        assert (g.call.count_and_check() & FG) == 4000
        g.call.let() & FG
        g.stop()
    """)


def test_in_trio_a_stream_is_awaited(receivers, call):
    receivers()
    call("""
        import trio
        async def source():
            for number in range(3000):
                yield number
        async def main():
            assert await (g.call.take(source()) & STREAM) is None
            assert await (g.call.take(range(3000, 4000)) & STREAM) is None
        trio.run(main)
        assert (g.call.count_and_check() & FG) == 4000
        g.stop()
    """)


def test_a_callback_can_stream_on(receivers, join, call):
    receivers()
    middle = join(
        """
        from place import meet
        from daffi import *
        @callback
        def relay(upto):
            g.call.take(range(upto)) & STREAM(node="provider")
            return upto
        g = meet(process_name="middle")
        g.wait_process("provider")
        print("up", flush=True)
        g.join()
        """,
        name="middle",
    )
    middle.wait_for("^up$")
    call("""
        g.wait_process("middle")
        assert (g.call.relay(5000) & FG) == 5000
        assert (g.call.count_and_check() & FG) == 5000
        g.stop()
    """)


def test_a_relayed_stream_is_the_same(serve, join):
    serve(CONTROLLER, name="controller")
    for name in ("second", "third"):
        script = join(
            RECEIVER.replace("process_name=", "direct=False, process_name="), name, name=name
        )
        script.wait_for("^up$")
    caller = join("""
        from place import meet, raises
        from daffi import *
        g = meet(process_name="caller")
        for name in ("second", "third"):
            g.wait_process(name, timeout=10)
        g.call.take(range(20_000)) & STREAM
        for name in ("second", "third"):
            assert (g.call.count_and_check() & FG(node=name)) == 20_000
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output


def test_a_hundred_thousand_items_reach_five_receivers_in_order(receivers, call):
    names = ("second", "third", "fourth", "fifth")
    receivers(*names)
    call("""
        names = ("second", "third", "fourth", "fifth")
        for name in names:
            g.wait_process(name)
        with within(25):
            g.call.take(range(100_000)) & STREAM
        for name in ("provider", *names):
            assert (g.call.count_and_check() & FG(node=name)) == 100_000
        g.stop()
    """)
