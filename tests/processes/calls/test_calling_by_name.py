"""`g.call`: every way to give it a modifier, what it tells of a name, and what is no call."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


TWO = PROGRAMS / "two.py"


@pytest.fixture
def two(serve, join):
    """Two processes that offer nearly the same."""
    serve(TWO, "provider")
    join(TWO, "second", name="second").wait_for("^ready")


def test_every_modifier_has_a_method_that_takes_its_fields(two, call):
    call(PROGRAMS / "every_modifier_has_a_method_that_takes_its_fields.py")


def test_the_time_limit_of_such_a_method_is_one(serve, call):
    serve()
    call("""
        with within(2), raises(TimeoutError):
            g.call.slow(5).fg(timeout=0.1)
        with within(2), raises(TimeoutError):
            g.call.slow(5).bg(timeout="100ms").get()
        with within(2):
            values = g.call.slow(5).broadcast(timeout=0.1, return_result=True)
        assert isinstance(values["provider"], TimeoutError)
        g.stop()
    """)


@pytest.mark.parametrize("name", ["FG", "BG", "NO_RETURN", "BROADCAST", "STREAM"])
def test_a_name_with_a_modifier_is_called_later(serve, call, name):
    serve()
    call(PROGRAMS / "a_name_with_a_modifier_is_called_later.py", name)


def test_a_name_tells_who_offers_it_and_how(two, call):
    call(PROGRAMS / "a_name_tells_who_offers_it_and_how.py")


def test_a_name_that_nobody_else_offers_does_not_exist(serve, join, call):
    serve()
    call("""
        @callback
        def mine():
            return 1

        for name in ("nothing", "mine"):
            assert getattr(g.call, name).exists is False
            assert getattr(g.call, name).info == {}
        g.stop()
        with raises(GlobalContextError, InitializationError):
            g.call.add.exists
    """)


def test_existing_is_known_anew_each_time_it_is_asked(serve, join, call):
    serve()
    call(PROGRAMS / "existing_is_known_anew_each_time_it_is_asked.py")


def test_a_name_in_a_variable_is_called(serve, call):
    serve()
    call(PROGRAMS / "a_name_in_a_variable_is_called.py")


def test_a_value_that_no_operator_can_give_is_told_of(serve, call):
    # Python took it for an operator that is missing: `&` of a call and of FG.
    serve()
    call("""
        with raises(SerializationError) as caught:
            g.call.echo(NotImplemented) & FG
        assert "NotImplemented" in str(caught.error) and ".fg()" in str(caught.error), caught.error
        assert g.call.echo(NotImplemented).fg() is NotImplemented
        assert (g.call.echo(NotImplemented) & BG).get() is NotImplemented
        g.stop()
    """)


def test_an_event_loop_is_seen_also_where_as_many_modules_have_gone(serve, call):
    # As many modules as before the first loop were taken for a sign that there is none: the value came at once, which
    # held up the loop, and `await` raised.
    serve()
    call(PROGRAMS / "an_event_loop_is_seen_also_where_as_many_modules_have_gone.py")
