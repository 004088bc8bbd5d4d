"""The parameter `g` of a function that travels with its call."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


FUNCTIONS = {
    "def": "def where(a, g): return g.process_name, a",
    "lambda": "where = lambda a, *, g: (g.process_name, a)",
    "async def": "async def where(a, g=None): return g.process_name, a",
    "first": "def where(g, a=1): return g.process_name, a",
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_that_travels_gets_the_global_of_where_it_runs(serve, call, function):
    serve()
    arguments = "a=1" if "g, a" in function else "1"
    call(f"""
        {function}
        assert g.transfer_and_call("provider", where, {arguments}) == ("provider", 1)
        g.stop()
    """)


def test_what_is_given_for_g_is_what_the_function_gets(serve, call):
    serve()
    call("""
        assert g.transfer_and_call("provider", lambda mass, g: mass * g, 2, 10) == 20
        assert g.transfer_and_call("provider", lambda mass, g: mass * g, 2, g=10) == 20
        with raises(TypeError) as caught:
            g.transfer_and_call("provider", lambda a, g: a, 1, 2, 3)
        assert "positional argument" in str(caught.error), caught.error
        g.stop()
    """)


def test_a_g_that_has_a_value_of_its_own_keeps_it(serve, call):
    serve()
    call("""
        import functools
        assert g.transfer_and_call("provider", lambda mass, g=9.81: mass * g, 2) == 19.62
        bound = functools.partial(lambda mass, g: mass * g, g=3)
        assert g.transfer_and_call("provider", bound, 2) == 6
        g.stop()
    """)


def test_every_keyword_is_the_function_s(serve, call):
    # `node` and `func` were the method's own, and a default that cannot be hashed was looked up in a set.
    serve()
    call(PROGRAMS / "every_keyword_is_the_function_s.py")
