"""Where a fetcher gets its modifier from: the decorator, the `&`, the call itself."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


@pytest.mark.parametrize("modifier", ["BG", "BG()", "BG(timeout=10)", "BG(node='provider')"])
def test_a_modifier_may_be_a_class_or_an_instance_wherever_one_is_taken(serve, call, modifier):
    serve()
    call(PROGRAMS / "a_modifier_may_be_a_class_or_an_instance_wherever_one_is_taken.py", modifier)


def test_the_settings_of_a_decorated_modifier_hold_for_every_call(serve, call):
    serve()
    call(PROGRAMS / "the_settings_of_a_decorated_modifier_hold_for_every_call.py")


@pytest.mark.parametrize("decorator", ["fetcher", "fetcher()", "fetcher(exec_modifier=None)"])
def test_a_call_without_a_modifier_sends_nothing_until_it_gets_one(serve, call, decorator):
    serve()
    call(f"""
        @{decorator}
        def echo(value): ...

        pending = echo("sent")
        g.call.echo("never")
        assert "not run yet" in repr(pending) and "& FG" in repr(pending)
        assert (g.call.calls_so_far() & FG) == []
        assert (pending & FG) == "sent"
        assert (g.call.calls_so_far() & FG) == ["echo"]
        g.stop()
    """)


def test_a_call_with_a_modifier_is_sent_when_it_is_made(serve, call):
    serve()
    call("""
        @fetcher(NO_RETURN)
        def echo(value): ...

        echo(1)
        with within(5):
            while (g.call.calls_so_far() & FG) != ["echo"]:
                time.sleep(0.001)  # nobody tells when a forgotten call has run
        g.stop()
    """)


def test_a_call_overrides_whatever_its_fetcher_is_of_and_the_next_one_does_not(serve, call):
    serve()
    call(PROGRAMS / "a_call_overrides_whatever_its_fetcher_is_of_and_the_next_one_does_not.py")
