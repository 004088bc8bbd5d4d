"""Callbacks whose decorators give or take arguments: what works where they are, works from everywhere."""

from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


def test_a_decorator_may_give_an_argument(serve, call):
    # A valid call was refused, because the function below needs one more.
    serve(PROVIDER)
    call("""
        assert g.call.find("ann") & FG == ("db", "ann")
        assert g.call.find(name="ann") & FG == ("db", "ann")
        with raises(RemoteCallError) as caught:
            g.call.find(0, "ann") & FG
        assert isinstance(caught.error, TypeError)
        assert g.call.find_one("ann") & FG == ("db", "ann")
        with raises(GlobalContextError) as caught:
            g.call.find_one(0, "ann") & FG
        assert "find_one(name)" in str(caught.error), caught.error
        g.stop()
    """)


def test_a_pair_is_spread_over_a_decorated_function(serve, call):
    serve(PROVIDER)
    call("""
        g.call.keep([(1, 2), {"left": 3, "right": 4}]) & STREAM
        assert g.call.kept() & FG == [(1, 2), (3, 4)]
        g.stop()
    """)


def test_whoever_gives_a_g_that_is_filled_is_told_so(serve, call):
    serve(PROVIDER)
    call("""
        for wrong in (lambda: g.call.rgb(1, 2, 3), lambda: g.call.rgb(r=1, g=2, b=3)):
            with raises(GlobalContextError) as caught:
                wrong() & FG
            assert "rgb(r, b), whose g is filled" in str(caught.error), caught.error
        assert g.call.rgb(1, 3) & FG == (1, 3)
        g.stop()
    """)


def test_a_g_with_a_default_of_its_own_is_given_as_any_other(serve, call):
    serve(PROVIDER)
    call("""
        assert g.call.weight(2) & FG == 19.62
        assert g.call.weight(2, 1.5) & FG == 3
        assert g.call.weight(2, g=2) & FG == 4
        g.stop()
    """)


def test_a_method_that_chooses_by_its_argument_is_a_callback(serve, call):
    serve(PROVIDER)
    call("""
        assert g.call.show(1) & FG == "number"
        assert g.call.show("x") & FG == "text"
        with raises(GlobalContextError):
            g.call.show() & FG
        g.stop()
    """)
