"""Where a time limit begins, whom it reaches, and what becomes of an answer that comes too late."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


BETWEEN = PROGRAMS / "between.py"
PROVIDER = PROGRAMS / "provider.py"


@pytest.fixture
def between(serve, join):
    """A process that passes calls on to the provider, which is given."""
    provider = serve(PROVIDER)
    join(BETWEEN, name="between").wait_for("^up$")
    return provider


@pytest.mark.parametrize(
    "modifier",
    ["own", "none", "BG", "BROADCAST", "retried", "STREAM", "fetcher"],
)
def test_a_nested_call_gets_no_more_time_than_is_left_whatever_limit_it_has(
    between, call, modifier
):
    call(f"""
        from place import slowdown
        g.wait_process("between")
        with within(5), raises(TimeoutError):
            g.call.nested({modifier!r}, "in time") & FG(timeout=0.3 * slowdown())
        g.stop()
    """)
    between.wait_for("^in time$", patience=5)


@pytest.mark.parametrize("modifier", ["own", "none"])
def test_a_nested_call_of_an_async_callback_gets_no_more_time_than_is_left(between, call, modifier):
    # The call must have reached the provider by then, through an event loop that is started for it.
    call(f"""
        from place import slowdown
        g.wait_process("between")
        with within(5), raises(TimeoutError):
            (g.call.nested_async({modifier!r}, "in time") & BG(timeout=0.3 * slowdown())).get()
        g.stop()
    """)
    between.wait_for("^in time$", patience=5)


@pytest.mark.parametrize("modifier", ["FG", "BG", "BROADCAST"])
def test_an_answer_that_comes_too_late_is_dropped_quietly(serve, call, modifier):
    provider = serve(PROVIDER)
    output = call(PROGRAMS / "an_answer_that_comes_too_late_is_dropped_quietly.py", modifier)
    assert output == ""
    assert provider.lines[1:] == ["late", "late"]


@pytest.mark.parametrize(
    "spelling",
    [
        "(g.call.late(0.1, 1) & BG(timeout=0.6, eta=0.8)).get()",
        "(g.call.late(0.1, 1) & BROADCAST(timeout=0.6, eta=0.8, return_result=True))['provider']",
        "g.call.late(0.1, 1).bg(timeout=0.6, eta=0.8).get()",
    ],
)
def test_a_limit_shorter_than_the_delay_before_it_is_enough(serve, call, spelling):
    serve(PROVIDER)
    call(f"""
        assert {spelling} == 1
        g.stop()
    """)


def test_the_wait_for_a_link_counts_for_the_limit(serve, join, call):
    provider = serve(PROVIDER)
    frozen = join(PROVIDER, "frozen", name="frozen")
    frozen.wait_for("^ready")
    frozen.signal(signal.SIGSTOP)
    call("""
        g.wait_process("frozen")
        for modifier in (FG, BG):
            with within(2), raises(TimeoutError):
                result = g.call.late(0, 1) & modifier(timeout=0.3, node="frozen")
                result.get()
        assert (g.call.late(0, 1) & FG(node="provider")) == 1
        g.stop()
    """)
    assert provider.lines[1:] == ["late"]


def test_a_timeout_names_the_process_and_the_limit(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "a_timeout_names_the_process_and_the_limit.py")
