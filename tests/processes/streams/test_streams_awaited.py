"""STREAM from an event loop: what is awaited, what is closed, and what is not awaited at all."""

from page import ROOT
from script import programs

PROGRAMS = programs(__file__)


RECEIVER = ROOT / "tests" / "support" / "receiver.py"


def test_an_async_producer_that_raises_gets_its_own_error_and_is_closed(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "an_async_producer_that_raises_gets_its_own_error_and_is_closed.py")


def test_a_cancelled_task_ends_its_stream(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "a_cancelled_task_ends_its_stream.py")


def test_async_fetchers_stream(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "async_fetchers_stream.py")


def test_in_asyncio_a_stream_goes_on_though_nobody_awaits_it(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "in_asyncio_a_stream_goes_on_though_nobody_awaits_it.py")


def test_in_trio_a_stream_goes_on_though_nobody_awaits_it(serve, call):
    serve()
    call(PROGRAMS / "in_trio_a_stream_goes_on_though_nobody_awaits_it.py")


def test_in_trio_a_stream_that_was_cancelled_counts_as_cancelled_ever_after(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "in_trio_a_stream_that_was_cancelled_counts_as_cancelled_ever_after.py")


def test_in_trio_whatever_a_producer_raises_is_raised_where_the_stream_is_awaited(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "in_trio_whatever_a_producer_raises_is_raised_where_the_stream_is_awaited.py")


def test_a_loop_has_its_turns_while_items_come_without_a_wait(serve, call):
    serve(RECEIVER, "provider")
    call(PROGRAMS / "a_loop_has_its_turns_while_items_come_without_a_wait.py")
