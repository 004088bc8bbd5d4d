"""What is refused before anything is sent, and what could not travel."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


def test_an_unknown_name_lists_what_there_is(serve, call):
    serve()
    call("""
        with within(1), raises(GlobalContextError) as caught:
            g.call.ad(1, 2) & FG
        text = str(caught.error)
        assert "provider: [ add, greet, echo," in text, text
        assert "add" in text.split("hint:")[1], text
        g.stop()
    """)


def test_a_name_that_is_only_local_says_so(serve, call):
    serve()
    call("""
        @callback
        def mine():
            return 1

        with raises(GlobalContextError) as caught:
            g.call.mine() & FG
        assert "mine" in str(caught.error) and "process" in str(caught.error)
        g.stop()
    """)


def test_wrong_arguments_are_refused_before_anything_is_sent(serve, call):
    serve()
    call(PROGRAMS / "wrong_arguments_are_refused_before_anything_is_sent.py")


def test_an_argument_that_cannot_travel_is_named(serve, call):
    serve()
    call("""
        import threading
        with raises(SerializationError) as caught:
            g.call.echo({"fine": 1, "locks": [threading.Lock()]}) & FG
        text = str(caught.error)
        assert "lock" in text and "['locks'][0]" in text, text
        assert (g.call.calls_so_far() & FG) == []
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)


def test_a_result_that_cannot_travel_is_named_at_the_caller(serve, call):
    serve()
    call("""
        with raises(SerializationError) as caught:
            g.call.unsendable() & FG
        text = str(caught.error)
        assert "lock" in text and "['locks'][0]" in text, text
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
    """)


def test_a_message_over_the_limit_fails_alone(serve, call, place):
    place.settings["max_message"] = 1 << 20
    serve()
    call("""
        with raises(SerializationError) as caught:
            g.call.size(bytes(2 << 20)) & FG
        assert "max_message" in str(caught.error), caught.error
        assert (g.call.size(bytes(1 << 19)) & FG) == 1 << 19
        g.stop()
    """)


def test_other_calls_go_on_beside_messages_over_the_limit_of_the_other_side(serve, call, place):
    # The link ended, and with it every other call on it, also where the controller relayed.
    serve(
        PROGRAMS / "other_calls_go_on_beside_messages_over_the_limit_of_the_other_side_provider.py"
    )
    for direct in (True, False):
        place.settings["direct"] = direct
        call("""
            held = g.call.slow(0.5) & BG
            for too_large in (g.call.size(bytes(2 << 20)), g.call.make(2 << 20)):
                with raises(SerializationError) as caught:
                    too_large & FG(timeout=10)
                assert "max_message" in str(caught.error), caught.error
            results = [g.call.make(40_000) & BG for _ in range(1500)]
            assert all(len(result.get(20)) == 40_000 for result in results)
            assert held.get(10) == "kept"
            g.stop()
        """)


def test_what_only_the_caller_defines_travels_by_value(serve, call):
    serve()
    call("""
        class Point:
            def __init__(self, x):
                self.x = x

        assert (g.call.type_name(Point(1)) & FG) == "Point"
        assert (g.call.echo(Point(7)) & FG).x == 7
        assert (g.call.echo(lambda x: x + 1) & FG)(1) == 2
        g.stop()
    """)


def test_a_global_does_not_travel(serve, call):
    serve()
    call("""
        with raises(GlobalContextError):
            g.call.echo(g) & FG
        g.stop()
    """)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ("g.call.greet('a', FG(timeout=5), FG) & FG", "& FG"),
        ("g.call.keep('a', FG(timeout=5)) & FG", "& FG"),
        ("g.call.keep('a', g.call.greet('b') & BG) & FG", "result.get()"),
        ("g.call.keep('a', g.call.count(3) & FG) & FG", "list(stream)"),
    ],
)
def test_what_belongs_elsewhere_is_no_argument_and_the_error_says_where(serve, call, wrong, hint):
    serve(ODD_PARAMETERS)
    call(f"""
        with raises(DaffiError) as caught:
            {wrong}
        assert caught.error.__class__ in (GlobalContextError, SerializationError)
        assert {hint!r} in str(caught.error).partition("hint: ")[2], caught.error
        g.stop()
    """)


def test_an_argument_that_cannot_travel_is_named_by_the_parameter_that_takes_it(serve, call):
    serve(ODD_PARAMETERS)
    call(PROGRAMS / "an_argument_that_cannot_travel_is_named_by_the_parameter_that_takes_it.py")


def test_the_fields_of_a_modifier_go_by_position_in_every_spelling(serve, call):
    serve()
    call("""
        assert g.call.echo(1).fg("5s") == g.call.echo(1).bg("5s").get() == 1
        g.call.echo(1).no_return(0)
        with raises(GlobalContextError):
            g.call.echo(1).fg("soon")
        g.stop()
    """)


ODD_PARAMETERS = PROGRAMS / "odd_parameters.py"
