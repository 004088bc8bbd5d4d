"""STREAM: every item to every process that offers the name, in order, as fast as the slowest takes them."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


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
    call(PROGRAMS / "any_iterable_is_streamed_once.py")


def test_every_spelling_streams(receivers, call):
    receivers()
    call(PROGRAMS / "every_spelling_streams.py")


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
    call(PROGRAMS / "nothing_to_stream_and_nobody_to_stream_to_are_errors.py")


def test_a_receiver_that_raises_ends_the_stream_everywhere(receivers, call):
    receivers("second")
    call(PROGRAMS / "a_receiver_that_raises_ends_the_stream_everywhere.py")


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
    call(PROGRAMS / "a_slow_receiver_holds_the_producer_back.py")


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
    call(PROGRAMS / "in_asyncio_a_stream_is_awaited.py")


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
