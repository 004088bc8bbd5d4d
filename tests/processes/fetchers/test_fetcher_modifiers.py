"""Where a fetcher gets its modifier from: the decorator, the `&`, the call itself."""

import pytest


@pytest.mark.parametrize("modifier", ["BG", "BG()", "BG(timeout=10)", "BG(node='provider')"])
def test_a_modifier_may_be_a_class_or_an_instance_wherever_one_is_taken(serve, call, modifier):
    serve()
    call(f"""
        MODIFIER = {modifier}

        @fetcher(MODIFIER)
        def add(a, b): ...
        assert add(1, 2).get() == 3

        @fetcher(exec_modifier=MODIFIER)
        def add(a, b): ...
        assert add(1, 2).get() == 3

        @fetcher(MODIFIER)
        class Provider:
            def add(self, a, b): ...
        assert Provider().add(1, 2).get() == 3

        @fetcher
        def add(a, b): ...
        assert (add(1, 2) & MODIFIER).get() == 3
        assert (add & MODIFIER)(1, 2).get() == 3
        assert add(1, 2, __exec_modifier__=MODIFIER).get() == 3

        assert (g.call.add(1, 2) & MODIFIER).get() == 3
        assert (g.call.add & MODIFIER)(1, 2).get() == 3
        assert g.call.add(1, 2, __exec_modifier__=MODIFIER).get() == 3
        g.stop()
    """)


def test_the_settings_of_a_decorated_modifier_hold_for_every_call(serve, call):
    serve()
    call("""
        @fetcher(BG(timeout=10, eta=0.3))
        def echo(value): ...

        @fetcher(FG(timeout=0.2))
        def slow(seconds, value=None): ...

        for number in range(2):
            start = time.monotonic()
            assert echo(number).get() == number
            assert time.monotonic() - start >= 0.3
            with within(2), raises(TimeoutError):
                slow(5)
        g.stop()
    """)


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
    call("""
        import functools

        @fetcher(FG, args_from_body=True)
        def add(factor):
            return factor, factor

        @fetcher(FG)
        class Provider:
            def add(self, a, b): ...

        assert add(4, __exec_modifier__=BG).get() == 8
        assert Provider().add(1, 2, __exec_modifier__=BG).get() == 3
        assert Provider.add(1, b=2, __exec_modifier__=NO_RETURN) is None
        assert (g.call.add & FG)(1, 2, __exec_modifier__=BG).get() == 3
        assert (g.call.echo & NO_RETURN)("x", __exec_modifier__=FG) == "x"

        # What is given stays the caller's.
        options = {"b": 2, "__exec_modifier__": BG}
        later = functools.partial(Provider.add, __exec_modifier__=BG)
        for _ in range(2):
            assert Provider.add(1, **options).get() == 3
            assert later(1, b=2).get() == 3
        assert options == {"b": 2, "__exec_modifier__": BG}

        assert add(4) == 8
        assert Provider.add(1, 2) == 3
        g.stop()
    """)
