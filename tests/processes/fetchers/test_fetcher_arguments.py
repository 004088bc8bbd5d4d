"""What a fetcher sends: what it was given, or what its body makes of it."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


# Tells exactly what came.
MIRROR = PROGRAMS / "mirror.py"


@pytest.mark.parametrize("head", ["", "async "], ids=["sync", "async"])
def test_the_body_of_a_fetcher_does_not_run(serve, call, head):
    serve(MIRROR)
    call(f"""
        ran = []

        @fetcher(FG)
        {head}def mirror(value):
            ran.append(value)
            raise AssertionError("the body has run")

        @fetcher
        class Remote:
            {head}def greet(self, name):
                ran.append(name)
                raise AssertionError("the body has run")

        assert mirror(1) == ([1], {{}})
        assert (Remote().greet("ada") & FG) == "remote ada"
        assert ran == []
        g.stop()
    """)


def test_arguments_travel_as_they_are_given(serve, call):
    serve(MIRROR)
    call(PROGRAMS / "arguments_travel_as_they_are_given.py")


def test_a_tuple_from_the_body_is_the_arguments_and_anything_else_is_the_one(serve, call):
    serve(MIRROR)
    call("""
        @fetcher(FG, args_from_body=True)
        def mirror(made):
            return made

        assert mirror((1, "two")) == ([1, "two"], {})
        assert mirror(()) == ([], {})
        assert mirror(((1, 2),)) == ([(1, 2)], {})
        for one in ([1, 2], {"a": 1}, None, "text", 5, {1}):
            assert mirror(one) == ([one], {}), one
        g.stop()
    """)


def test_the_body_may_make_the_arguments_of_a_call_whose_modifier_comes_later(serve, call):
    serve(MIRROR)
    call("""
        @fetcher(args_from_body=True)
        def mirror(factor, *, plus=0):
            return factor, 2 * factor + plus

        assert (mirror(2) & FG) == ([2, 4], {})
        assert (mirror(factor=2, plus=1) & BG).get() == ([2, 5], {})
        assert (mirror & FG)(3) == ([3, 6], {})
        assert mirror(3, __exec_modifier__=FG) == ([3, 6], {})
        assert mirror(1).broadcast(return_result=True) == {"provider": ([1, 2], {})}
        g.stop()
    """)


def test_an_error_in_the_body_is_raised_by_the_call_and_nothing_is_sent(serve, call):
    serve(MIRROR)
    call(PROGRAMS / "an_error_in_the_body_is_raised_by_the_call_and_nothing_is_sent.py")


@pytest.mark.parametrize("head", ["", "async "], ids=["sync", "async"])
def test_a_generator_for_a_body_is_what_is_streamed(serve, call, head):
    serve(MIRROR)
    call(f"""
        @fetcher(STREAM, args_from_body=True)
        {head}def take(upto):
            for number in range(upto):
                yield number

        @fetcher(args_from_body=True)
        class Later:
            def __init__(self, start):
                self.start = start

            {head}def take(self, upto):
                for number in range(self.start, upto):
                    yield number

        take(2)
        Later(2).take(upto=4) & STREAM(timeout=10)
        (Later(4).take & STREAM)(6)
        assert (g.call.taken() & FG) == [0, 1, 2, 3, 4, 5]
        g.stop()
    """)
