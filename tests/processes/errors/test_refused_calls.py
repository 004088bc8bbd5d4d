"""What a call that cannot work is told before anything is sent: reason, signature, and what there is."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = """
    import sys
    from place import meet
    from daffi import callback

    runs = []

    @callback
    def zeta(a, b=2, /, c=3, *, d, e=5):
        runs.append("zeta")

    @callback
    def alpha(first: int, second: "list[str]" = ()) -> str:
        runs.append("alpha")

    class Evil:
        def __repr__(self):
            return "__import__('os')._exit(9)"

    @callback
    def evil(value=Evil()):
        runs.append("evil")
        return "alive"

    class Broken:
        def __repr__(self):
            raise RuntimeError("no text")

    @callback
    def broken(value=Broken(), other=1):
        return "alive"

    @callback
    def ran():
        return runs

    g = meet(process_name=sys.argv[1])
    print("ready", g.port, flush=True)
    g.join()
"""
# What is given, and the reason that is wanted.
WRONG = [
    ("", "missing a required argument: 'a'"),
    ("1", "missing a required argument: 'd'"),
    ("1, 2, 3, 4, d=1", "too many positional arguments"),
    ("1, d=1, f=1", "got an unexpected keyword argument 'f'"),
    ("1, 2, 3, c=3, d=1", "multiple values for argument 'c'"),
    ("a=1, d=1", "'a' parameter is positional only, but was passed as a keyword"),
]


@pytest.mark.parametrize(
    "modifier", ["FG", "BG", "NO_RETURN", "BROADCAST", "PERIOD(interval=9)", "FG(node='provider')"]
)
def test_arguments_that_do_not_fit_are_told_with_reason_and_signature(serve, call, modifier):
    serve(PROVIDER, "provider")
    call(f"""
        @fetcher({modifier})
        def zeta(*args, **kwargs): ...

        @fetcher({modifier})
        async def alpha(*args, **kwargs): ...

        for arguments, reason in {WRONG}:
            for name in ("g.call.zeta({{}}) & {modifier}", "zeta({{}})"):
                with raises(GlobalContextError) as caught:
                    eval(name.format(arguments))
                text = str(caught.error)
                assert reason in text and "zeta(a, b=2, /, c=3, *, d, e=5)" in text, text
        with raises(GlobalContextError) as caught:
            alpha(1, 2, 3)
        assert "alpha(first: int, second: 'list[str]' = ()) -> str" in str(caught.error)
        assert (g.call.ran() & FG) == []
        g.stop()
    """)


def test_signatures_are_never_run_as_text(serve, call):
    serve(PROVIDER, "provider")
    call("""
        assert (g.call.evil() & FG) == (g.call.evil(value=1) & FG) == "alive"
        with raises(GlobalContextError) as caught:
            g.call.evil(1, 2) & FG
        assert "_exit(9)" in str(caught.error)
        assert "_exit(9)" in g.call.evil.info["provider"]
        assert (g.call.broken(1) & FG) == (g.call.broken(other=1) & FG) == "alive"
        with raises(GlobalContextError):
            g.call.broken(1, 2, 3) & FG
        g.stop()
    """)


@pytest.mark.parametrize(
    "modifier", ["FG", "BG", "NO_RETURN", "BROADCAST", "PERIOD(interval=9)", "FG(node='second')"]
)
def test_an_unknown_name_is_told_with_what_each_process_offers_and_the_nearest(
    serve, join, call, modifier
):
    serve(PROVIDER, "provider")
    join(PROVIDER, "second", name="second").wait_for("^ready")
    call(
        PROGRAMS / "an_unknown_name_is_told_with_what_each_process_offers_and_the_nearest.py",
        modifier,
    )


@pytest.mark.parametrize("modifier", ["FG", "BG", "NO_RETURN", "BROADCAST", "PERIOD(interval=9)"])
def test_a_name_that_only_this_process_offers_is_said_to_be_only_local(serve, call, modifier):
    serve(PROVIDER, "provider")
    call(f"""
        @callback_and_fetcher({modifier})
        def mine():
            raise AssertionError("it has run")

        for wrong in (lambda: g.call.mine() & {modifier}, mine):
            with raises(GlobalContextError) as caught:
                wrong()
            assert "'mine'" in str(caught.error) and "only" in str(caught.error), caught.error
        g.stop()
    """)


def test_where_nobody_offers_anything_an_unknown_name_is_still_told(serve, call):
    serve("from place import meet, stay; g = meet(process_name='provider'); stay(g)")
    call("""
        with raises(GlobalContextError) as caught:
            g.call.nothing() & FG
        assert "nothing" in str(caught.error)
        assert "hint" not in str(caught.error)
        g.stop()
    """)


def test_a_broadcast_that_one_process_cannot_take_reaches_none(serve, join, call):
    serve(PROVIDER, "provider")
    other = PROVIDER.replace(
        "def alpha(first: int, second:", "def alpha(first: int, third, second:"
    )
    join(other, "second", name="second").wait_for("^ready")
    call("""
        g.wait_process("second")
        for modifier in (BROADCAST, BROADCAST(return_result=True)):
            with raises(GlobalContextError) as caught:
                g.call.alpha(1) & modifier
            assert "missing a required argument: 'third'" in str(caught.error)
        assert (g.call.ran() & BROADCAST(return_result=True)) == {"provider": [], "second": []}
        g.stop()
    """)
