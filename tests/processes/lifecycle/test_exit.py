"""The end of a process while something of it still runs: clean, whatever that is."""

import signal
import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


RUNNING = {
    "a callback": "g.call.loops() & BG",
    "a generator": "g.call.gives() & NO_RETURN",
    "a scheduled run": "g.call.loops() & PERIOD(interval='10ms')",
    "a stream": "threading.Thread(target=lambda: g.call.takes([1]) & STREAM, daemon=True).start()",
}


@pytest.mark.parametrize("running", RUNNING.values(), ids=RUNNING)
def test_a_process_ends_cleanly_while_python_still_runs_in_it(serve, join, running):
    provider = serve(PROGRAMS / "a_process_ends_cleanly_while_python_still_runs_in_it_provider.py")
    join(
        textwrap.dedent("""
            import threading
            from place import meet
            from daffi import *
            g = meet(process_name="caller")
            g.wait_process("provider", timeout=10)
            RUNNING
            g.join()
        """).replace("RUNNING", running)
    )
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


def test_a_process_ends_cleanly_though_a_callback_catches_whatever_is_raised(serve, join):
    provider = serve(
        PROGRAMS / "a_process_ends_cleanly_though_a_callback_catches_whatever_is_raised_provider.py"
    )
    join("""
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        result = g.call.loops() & BG
        g.join()
    """)
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


def test_a_process_ends_though_a_callback_that_catches_all_is_ended_while_it_logs(serve, join):
    # It kept the lock of the handler, for which the end of `logging` waited for ever.
    provider = serve(
        PROGRAMS
        / "a_process_ends_though_a_callback_that_catches_all_is_ended_while_it_logs_provider.py"
    )
    join("""
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        result = g.call.loops() & BG
        g.join()
    """)
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


@pytest.mark.parametrize("number", range(5))
def test_a_process_ends_cleanly_though_its_threads_go_on_calling(serve, join, number):
    serve()
    caller = join(PROGRAMS / "a_process_ends_cleanly_though_its_threads_go_on_calling_other.py")
    assert caller.wait_end() == 0, caller.output
