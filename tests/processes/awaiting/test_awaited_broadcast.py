"""A broadcast that is awaited: the loop goes on."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_broadcast_that_is_awaited_holds_up_no_event_loop(serve, call):
    serve()
    call(PROGRAMS / "a_broadcast_that_is_awaited_holds_up_no_event_loop.py")
