"""Threads that wait: which of them hear signals."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_child_that_a_thread_forked_hears_signals_while_it_waits(serve, call):
    serve()
    call(PROGRAMS / "a_child_that_a_thread_forked_hears_signals_while_it_waits.py")
