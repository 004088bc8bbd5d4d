"""What travels, and what does not: at whose cost, and what is said of it."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


def test_what_is_missing_at_the_other_side_is_named_at_the_caller(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "what_is_missing_at_the_other_side_is_named_at_the_caller.py")


def test_what_arrives_is_a_copy(serve, call):
    serve(PROVIDER)
    call("""
        items = [1]
        assert (g.call.change(items) & FG) == [1, "changed"]
        assert items == [1]
        g.stop()
    """)


def test_arguments_arrive_by_place_and_by_name(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "arguments_arrive_by_place_and_by_name.py")


def test_what_is_over_the_limit_fails_alone_in_every_way_to_call(serve, call, place):
    place.settings["max_message"] = 1 << 20
    serve(PROVIDER)
    call(PROGRAMS / "what_is_over_the_limit_fails_alone_in_every_way_to_call.py")


def test_what_cannot_travel_fails_alone_in_every_way_to_call(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "what_cannot_travel_fails_alone_in_every_way_to_call.py")


def test_a_message_larger_than_any_frame_or_window_arrives(serve, call):
    serve(PROVIDER)
    call("""
        assert len(g.call.make(100 << 20) & FG) == 100 << 20
        (given,), _ = g.call.echo(bytearray(b"x") * (100 << 20)) & FG
        assert given == bytearray(b"x") * (100 << 20)
        g.stop()
    """)
