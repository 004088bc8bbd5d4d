"""Calls that nobody waits for: no value, no wait, and a failure in the log."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"
# Every way to forget a call, as the modifier and as the method.
FORGETTING = {
    "NO_RETURN": "{} & NO_RETURN",
    "NO_RETURN()": "{} & NO_RETURN()",
    "BG(return_result=False)": "{} & BG(return_result=False)",
    "BG(no_return=True)": "{} & BG(no_return=True)",
    "BROADCAST": "{} & BROADCAST",
    "BROADCAST(return_result=False)": "{} & BROADCAST(return_result=False, timeout=20)",
    ".no_return()": "{}.no_return()",
    ".bg(no_return=True)": "{}.bg(no_return=True, timeout=20)",
    ".broadcast()": "{}.broadcast()",
}
RETRIED = (
    "{} & BG(return_result=False, retry_policy=RetryPolicy(KeyError, stop_after_attempt=2, wait=0))"
)


def forgets(spelling):
    """A function that forgets a call, as programs take it."""
    return f"lambda call: {spelling.format('call')}"


@pytest.mark.parametrize("spelling", [*FORGETTING.values(), RETRIED], ids=[*FORGETTING, "retried"])
def test_a_forgotten_call_gives_none_at_once_and_runs(serve, call, spelling):
    serve(PROVIDER)
    call(f"""
        g.call.noted(0) & FG
        with within(0.4):
            assert ({spelling.format('g.call.note("first", 0.5)')}) is None
        assert [what for what, _ in g.call.noted(1) & FG] == ["first"]
        g.stop()
    """)


@pytest.mark.parametrize("spelling", [*FORGETTING.values(), RETRIED], ids=[*FORGETTING, "retried"])
def test_the_failure_of_a_forgotten_call_is_logged_at_the_caller(serve, call, spelling):
    provider = serve(PROVIDER)
    output = call(
        PROGRAMS / "the_failure_of_a_forgotten_call_is_logged_at_the_caller.py", forgets(spelling)
    )
    text = "failed, and nobody waits for it"
    assert output.splitlines() == [
        f"logged True fail {text}: one",
        f"logged False exit {text}: SystemExit: two",
    ]
    assert "LookupError" not in provider.output


def test_a_failure_that_was_forgotten_in_a_broadcast_is_logged_for_each_process(serve, join, call):
    serve(PROVIDER)
    second = join(PROVIDER, "second", name="second")
    second.wait_for("^up$")
    output = call(
        PROGRAMS / "a_failure_that_was_forgotten_in_a_broadcast_is_logged_for_each_process.py"
    )
    assert sorted(output.splitlines()) == ["logged provider", "logged second"]


@pytest.mark.parametrize(
    "modifier",
    [
        "BG(eta=0.4)",
        "BG(eta='400ms', return_result=False)",
        "NO_RETURN(eta=0.4)",
        "BROADCAST(eta=0.4)",
        "BROADCAST(eta=0.4, return_result=True)",
    ],
)
def test_eta_delays_the_run_and_not_the_caller(serve, call, modifier):
    serve(PROVIDER)
    call(f"""
        g.call.noted(0) & FG
        start = time.time()
        g.call.note("late") & {modifier}
        went_on = time.time()
        (what, at), = g.call.noted(1) & FG
        assert what == "late" and at - start >= 0.4, at - start
        at_most(at - start, 5)
        if "True" not in {modifier!r}:
            at_most(went_on - start, 0.3)
        g.stop()
    """)


def test_the_old_spelling_of_return_result_means_the_opposite(serve, call):
    serve(PROVIDER)
    call("""
        assert isinstance(g.call.note(1) & BG(no_return=False), AsyncResult)
        assert isinstance(g.call.note(2) & BG(return_result=True), AsyncResult)
        assert (g.call.note(3) & BG(no_return=True)) is None
        assert (g.call.note(4) & BG(return_result=False, no_return=False)) is None
        assert len(g.call.noted(4) & FG) == 4
        g.stop()
    """)


@pytest.mark.parametrize("spelling", FORGETTING.values(), ids=FORGETTING)
def test_a_forgotten_call_that_cannot_be_made_raises_where_it_is_made(serve, call, spelling):
    serve(PROVIDER)
    call(f"""
        for call, text in (
            (lambda: g.call.nothing(), "provider: [ note, fail, exit, noted ]"),
            (lambda: g.call.note(), "note(what, seconds=0)"),
            (lambda: g.call.note("x", hours=1), "unexpected keyword argument 'hours'"),
        ):
            with raises(GlobalContextError) as caught:
                {spelling.format("call()")}
            assert text in str(caught.error), caught.error
        assert (g.call.noted(0) & FG) == []
        g.stop()
    """)


@pytest.mark.parametrize("spelling", FORGETTING.values(), ids=FORGETTING)
def test_a_forgotten_call_leaves_nothing_behind_a_function_that_takes_long(serve, call, spelling):
    # Each waited in a queue until the functions that were to be told of other calls had returned.
    serve(PROVIDER)
    call(
        PROGRAMS / "a_forgotten_call_leaves_nothing_behind_a_function_that_takes_long.py",
        forgets(spelling),
    )
