"""Ctrl+C and SIGTERM end whatever waits, soon and quietly; the user's own handlers are kept."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
import time
from place import meet, raises, stay, within
from daffi import *
"""
# A wait is cut in slices of 100 ms; the rest is a slow machine.
SOON = 3


def test_interrupt_ends_the_wait_for_a_controller(run):
    script = run(
        PRELUDE
        + """
with raises(KeyboardInterrupt):
    print("waiting", flush=True)
    meet()
print("interrupted", flush=True)
"""
    )
    script.wait_for("^waiting$")
    script.signal(signal.SIGINT)
    script.wait_for("^interrupted$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_after_an_interrupted_start_another_can_follow(run):
    script = run(
        PRELUDE
        + """
with raises(KeyboardInterrupt):
    print("waiting", flush=True)
    meet()
with raises(InitializationError):
    get_g()
with meet(init_controller=True) as g:
    assert g.is_running
"""
    )
    script.wait_for("^waiting$")
    script.signal(signal.SIGINT)
    assert script.wait_end(SOON) == 0


def test_interrupt_ends_a_call(serve, join):
    provider = serve()
    script = join(
        PRELUDE
        + """
g = meet()
g.wait_process("provider", timeout=10)
with raises(KeyboardInterrupt):
    g.call.hold() & FG
print("interrupted", flush=True)
assert (g.call.add(1, 2) & FG) == 3
g.stop()
"""
    )
    provider.wait_for("^holding$")
    script.signal(signal.SIGINT)
    script.wait_for("^interrupted$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_interrupt_ends_the_wait_for_a_result(serve, join):
    provider = serve()
    script = join(
        PRELUDE
        + """
g = meet()
g.wait_process("provider", timeout=10)
result = g.call.hold() & BG
with raises(KeyboardInterrupt):
    print("waiting", flush=True)
    result.get()
print("interrupted", flush=True)
g.stop()
"""
    )
    provider.wait_for("^holding$")
    script.wait_for("^waiting$")
    script.signal(signal.SIGINT)
    script.wait_for("^interrupted$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_interrupt_ends_the_wait_for_a_process(serve, join):
    serve()
    script = join(
        PRELUDE
        + """
g = meet()
with raises(KeyboardInterrupt):
    print("waiting", flush=True)
    g.wait_process("nobody")
g.stop()
"""
    )
    script.wait_for("^waiting$")
    script.signal(signal.SIGINT)
    assert script.wait_end(SOON) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_join_cleanly(serve, number):
    provider = serve()
    provider.signal(number)
    provider.wait_for("^left$", patience=SOON)
    assert provider.wait_end(SOON) == 0
    assert "Traceback" not in provider.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_handler_of_the_user_runs_beside_join_and_stays_after_it(run, number):
    script = run(PROGRAMS / "a_handler_of_the_user_runs_beside_join_and_stays_after_it_script.py")
    script.wait_for("^ready")
    script.signal(number)
    script.wait_for(f"^mine {number}$", patience=SOON)
    script.wait_for("^left$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_a_handler_of_the_user_may_end_the_process_with_a_status_of_its_own(run):
    script = run(
        PRELUDE
        + """
import signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
stay(meet(init_controller=True))
"""
    )
    script.wait_for("^ready")
    script.signal(signal.SIGTERM)
    assert script.wait_end(SOON) == 7


def test_after_join_the_handlers_are_those_from_before(run):
    script = run(
        PRELUDE
        + """
import signal, threading
before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
g = meet(init_controller=True)
threading.Timer(0.2, g.stop).start()
g.join()
assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
"""
    )
    assert script.wait_end() == 0


def test_a_process_with_callbacks_under_way_ends_on_interrupt(serve, join):
    provider = serve()
    caller = join(
        PRELUDE
        + """
g = meet()
g.wait_process("provider", timeout=10)
with raises(DaffiError):
    g.call.hold() & FG
g.stop()
"""
    )
    provider.wait_for("^holding$")
    provider.signal(signal.SIGINT)
    caller.wait_end(20)
    provider.wait_end(20)
    assert caller.process.returncode == 0
