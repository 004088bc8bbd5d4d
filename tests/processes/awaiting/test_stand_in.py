"""The value of an `async def` fetcher that is not awaited: what it is as good as, and who sees the stand-in."""

from script import programs

PROGRAMS = programs(__file__)


def test_in_an_event_loop_isinstance_sees_the_stand_in_before_and_after_its_use(serve, call):
    # It saw the stand-in before the value was used, and the value after.
    serve()
    call(PROGRAMS / "in_an_event_loop_isinstance_sees_the_stand_in_before_and_after_its_use.py")


def test_what_asks_for_the_exact_type_refuses_the_stand_in(serve, call):
    serve()
    call(PROGRAMS / "what_asks_for_the_exact_type_refuses_the_stand_in.py")


def test_in_an_event_loop_a_value_is_used_in_every_way_that_is_promised(serve, call):
    serve()
    call(PROGRAMS / "in_an_event_loop_a_value_is_used_in_every_way_that_is_promised.py")
