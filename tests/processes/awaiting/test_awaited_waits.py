"""`await` before a wait that blocks otherwise: the event loop goes on meanwhile."""

from script import programs

PROGRAMS = programs(__file__)


def test_a_wait_that_is_awaited_does_not_hold_up_the_loop(serve, call):
    serve()
    call(PROGRAMS / "a_wait_that_is_awaited_does_not_hold_up_the_loop.py")


def test_a_wait_that_is_handed_to_what_awaits_it_does_not_hold_up_the_loop(serve, call):
    # It blocked the loop, for ever where what was waited for is started by that loop.
    serve()
    output = call(PROGRAMS / "a_wait_that_is_handed_to_what_awaits_it_does_not_hold_up_the_loop.py")
    assert "holds up" not in output, output


def test_a_wait_that_nothing_awaits_blocks_in_a_coroutine_too(serve, call):
    serve()
    call(PROGRAMS / "a_wait_that_nothing_awaits_blocks_in_a_coroutine_too.py")
