"""`stop` where daffi itself runs the code that calls it: it never waits for itself, and what runs may answer."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROCESS = PROGRAMS / "process.py"


@pytest.mark.parametrize(
    "name",
    [
        "in_a_callback",
        "in_an_async_callback",
        "with_its_own_g",
        "in_a_method",
        "in_a_thread_it_waits_for",
        "in_a_with_block",
    ],
)
def test_a_callback_that_stops_its_process_answers(serve, call, name):
    provider = serve(PROCESS)
    call(f"""
        with within(5):
            assert (g.call.{name}() & FG) == "answered"
        g.stop()
    """)
    provider.wait_for("^left$", patience=5)
    assert provider.wait_end() == 0


def test_a_generator_may_stop_its_process(serve, call):
    provider = serve(PROCESS)
    call("""
        with within(5):
            items = g.call.in_a_generator() & FG
            assert next(items) == "answered"
            try:
                assert list(items) == []
            except RemoteStoppedUnexpectedly:
                pass
        g.stop()
    """)
    provider.wait_for("^left$", patience=5)
    assert provider.wait_end() == 0


def test_what_is_called_at_the_end_of_a_call_may_stop_its_process(serve, call):
    provider = serve(PROCESS)
    call(PROGRAMS / "what_is_called_at_the_end_of_a_call_may_stop_its_process.py")
    provider.wait_for("^left$", patience=5)
    assert provider.wait_end() == 0


def test_the_producer_of_a_stream_may_stop_its_process(serve, call):
    serve()
    call("""
        def items():
            yield 1
            g.stop()
            yield 2

        with within(5), raises(DaffiError):
            g.call.echo(items()) & STREAM
        assert not g.is_running
    """)


def test_a_signal_handler_may_stop_its_process(run):
    script = run("""
        import signal
        from place import meet, stay
        from daffi import *

        signal.signal(signal.SIGTERM, lambda number, frame: g.stop())
        g = meet(init_controller=True)
        stay(g)
        print("left", flush=True)
    """)
    script.wait_for("^ready")
    script.signal(15)
    script.wait_for("^left$", patience=5)
    assert script.wait_end(5) == 0
