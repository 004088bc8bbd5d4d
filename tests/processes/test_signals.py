"""Ctrl+C and SIGTERM end whatever waits, soon and quietly; the user's own handlers are kept."""

import signal

import pytest

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


def test_a_handler_of_the_user_still_runs(run):
    script = run(
        PRELUDE
        + """
import signal
signal.signal(signal.SIGTERM, lambda number, frame: print("mine", flush=True))
g = meet(init_controller=True)
stay(g)
print("left", flush=True)
"""
    )
    script.wait_for("^ready")
    script.signal(signal.SIGTERM)
    script.wait_for("^mine$", patience=SOON)
    script.wait_for("^left$", patience=SOON)
    assert script.wait_end(SOON) == 0


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
