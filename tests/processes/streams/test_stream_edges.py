"""STREAM where it is used unusually: other signatures, items and receivers that fail, no receivers."""

import textwrap

import pytest
from page import ROOT
from script import programs

PROGRAMS = programs(__file__)


RECEIVER = ROOT / "tests" / "support" / "receiver.py"


def test_an_item_is_spread_only_where_it_must_be(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "an_item_is_spread_only_where_it_must_be.py")


def test_what_comes_before_an_item_that_does_not_fit_is_taken(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import threading
        with raises(GlobalContextError):
            g.call.take_two([(1, 2), (3,), (4, 5)]) & STREAM
        with raises(SerializationError) as caught:
            g.call.take([6, {"inner": threading.Lock()}, 7]) & STREAM
        assert "['inner']" in str(caught.error)
        g.call.take([8]) & STREAM
        # The stream is closed at once: what was sent may be taken, what came after was never made.
        assert [item for item in g.call.taken().fg() if item not in ([1, 2], 6)] == [8]
        g.stop()
    """)


def test_an_empty_iterable_calls_nobody(serve, call):
    serve(RECEIVER, "provider")
    call("""
        async def nothing():
            return
            yield

        for empty in ([], (), {}, set(), iter(()), range(0), (n for n in ()), nothing()):
            assert (g.call.take(empty) & STREAM) is None
        assert g.call.taken().fg() == []
        g.stop()
    """)


def test_a_stream_that_only_this_process_would_take_is_refused(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "a_stream_that_only_this_process_would_take_is_refused.py")


def test_a_node_may_be_named_as_the_only_receiver(serve, join, call):
    serve(RECEIVER, "provider")
    for name in ("second", "third"):
        join(RECEIVER, name, name=name).wait_for("^up$")
    call("""
        for name in ("second", "third"):
            g.wait_process(name)
        g.call.take([1]) & STREAM(node="second")
        g.call.take([2]).stream(node=["second", "third"])
        taken = {name: g.call.taken().fg(node=name) for name in ("provider", "second", "third")}
        assert taken == {"provider": [], "second": [1, 2], "third": [2]}
        g.stop()
    """)


def test_an_async_receiver_that_raises_ends_the_stream(serve, call):
    serve(RECEIVER, "provider")
    call("""
        import itertools
        with within(10), raises(LookupError) as caught:
            g.call.refuse_bad(itertools.chain(["good", "bad"], itertools.count())) & STREAM
        assert isinstance(caught.error, RemoteCallError)
        assert caught.error.remote_process == "provider"
        assert g.call.taken().fg() == ["good", "bad"]
        g.stop()
    """)


def test_an_item_that_exits_ends_the_stream_and_no_process(serve, call):
    provider = serve(RECEIVER, "provider")
    call("""
        for name in ("exit_at", "exit_at_async"):
            with within(10), raises(RemoteCallError) as caught:
                getattr(g.call, name)([3]) & STREAM
            assert caught.error.remote_type == "SystemExit"
        g.call.take([1]) & STREAM
        assert g.call.taken().fg() == [1]
        g.stop()
    """)
    provider.end()


def test_a_receiver_that_stops_ends_the_stream(serve, join, call):
    serve(RECEIVER, "provider")
    second = join(RECEIVER, "second", name="second")
    second.wait_for("^up$")
    call("""
        import itertools
        g.wait_process("second")
        with within(20), raises(RemoteStoppedUnexpectedly) as caught:
            g.call.leave_at_three(itertools.count()) & STREAM
        assert "second" in str(caught.error)
        g.stop()
    """)
    assert second.wait_end() == 0


@pytest.mark.parametrize("size", [100, 20_000])
def test_a_slow_receiver_holds_the_producer_back_through_the_controller_too(
    serve, join, place, size
):
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    place.settings["direct"] = False
    join(RECEIVER, "second", name="second").wait_for("^up$")
    caller = join(
        f"SIZE = {size}"
        + textwrap.dedent("""
        from place import meet, raises
        from daffi import *
        produced = 0

        def endless():
            global produced
            for produced in range(1, 1_000_000):
                yield bytes(SIZE)

        g = meet(process_name="caller")
        g.wait_process("second", timeout=10)
        with raises(TimeoutError):
            g.call.take_when_let(endless()) & STREAM(timeout=1.5)
        # As where they meet directly: nothing piles up on the way.
        assert produced * (SIZE + 60) <= 200_000, produced
        g.call.let() & FG
        g.stop()
        """)
    )
    assert caller.wait_end() == 0, caller.output


LARGE = PROGRAMS / "large.py"


def test_streams_that_end_early_hold_up_nobody_while_large_values_come(serve, call):
    # Each waited for its thread with the interpreter's lock held, which that thread may have waited for.
    serve(LARGE)
    call(PROGRAMS / "streams_that_end_early_hold_up_nobody_while_large_values_come.py")


@pytest.mark.parametrize("way", ["def", "async def", "async generator"])
def test_what_a_producer_yields_before_it_fails_is_taken(serve, call, way):
    # What was on its way was dropped with its error: of a generator that is iterated nothing is.
    serve(RECEIVER, "provider")
    call(PROGRAMS / "what_a_producer_yields_before_it_fails_is_taken.py", way)


def test_a_stream_that_is_out_of_time_says_who_was_behind(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "a_stream_that_is_out_of_time_says_who_was_behind.py")
