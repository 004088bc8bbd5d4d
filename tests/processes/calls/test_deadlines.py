"""Where a time limit begins, whom it reaches, and what becomes of an answer that comes too late."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


BETWEEN = PROGRAMS / "between.py"
PROVIDER = """
    import threading, time
    import daffi
    from place import meet, stay
    from daffi import callback

    @callback
    def until_cancelled(said):
        end = time.monotonic() + 100
        while not daffi.cancelled() and time.monotonic() < end:
            threading.Event().wait(0.005)
        print(said if daffi.cancelled() else "never cancelled", flush=True)

    @callback
    def late(seconds, value):
        time.sleep(seconds)  # being slow is what it is for
        print("late", flush=True)
        return value

    g = meet(process_name="provider")
    stay(g)
"""


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
    output = call(f"""
        import logging, warnings
        warnings.simplefilter("always")
        logging.basicConfig(level=logging.WARNING, force=True)
        logging.getLogger("daffi").setLevel(logging.WARNING)
        result = None
        if {modifier!r} == "BROADCAST":
            values = g.call.late(0.4, bytes(200_000)) & BROADCAST(timeout=0.1, return_result=True)
            assert isinstance(values["provider"], TimeoutError)
        else:
            with raises(TimeoutError):
                result = g.call.late(0.4, bytes(200_000)) & {modifier}(timeout=0.1)
                result.get()
        # The one that is waited for comes after it, on the same way.
        assert (g.call.late(0.6, "in time") & FG(timeout=20)) == "in time"
        if result is not None:
            with raises(TimeoutError):
                result.get()
            assert isinstance(result.error, TimeoutError)
        g.stop()
    """)
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
    frozen = join(PROVIDER.replace('"provider"', '"frozen"'), name="frozen")
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
