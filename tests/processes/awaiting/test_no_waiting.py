"""Calls that are made without waiting: a frozen process holds up neither event loops nor threads that call it."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"
WAYS = ["awaited by name", "awaited", "in the background", "with a limit", "everywhere"]


def freeze_and_thaw(provider, caller, patience=30.0):
    """Freezes the provider when its caller asks for that, until the caller has made its calls."""
    caller.wait_for("^freeze$")
    provider.signal(signal.SIGSTOP)
    try:
        caller.wait_for("^made$", patience)
    finally:
        provider.signal(signal.SIGCONT)
    assert caller.wait_end() == 0, caller.output


@pytest.fixture
def controller(serve):
    return serve(
        "from place import meet, stay\nstay(meet(process_name='controller'))", name="controller"
    )


@pytest.mark.parametrize("length", [10, 4 << 20], ids=["small", "4 MiB"])
@pytest.mark.parametrize("first", ["not met", "met"])
@pytest.mark.parametrize("way", WAYS)
def test_an_event_loop_goes_on_while_it_calls_a_frozen_process(
    controller, join, way, first, length
):
    # It stood still for up to 20 s: the sending half of an awaited call ran on its thread.
    provider = join(PROVIDER, name="provider")
    program = PROGRAMS / "an_event_loop_goes_on_while_it_calls_a_frozen_process.py"
    caller = join(program, provider.process.pid, way, first, length)
    freeze_and_thaw(provider, caller)


def test_background_calls_return_at_once_from_any_thread_and_are_bounded(controller, join):
    provider = join(PROVIDER, name="provider")
    caller = join(
        PROGRAMS / "background_calls_return_at_once_from_any_thread_and_are_bounded.py",
        provider.process.pid,
    )
    freeze_and_thaw(provider, caller)


def test_a_broadcast_reaches_others_while_one_is_frozen(controller, join):
    # Each frozen process took the whole limit before the next was called.
    provider = join(PROVIDER, name="provider")
    live = join(
        """
from place import meet, stay
from daffi import callback

@callback
def note(value) -> str:
    print("noted", flush=True)
    return "live"

stay(meet(process_name="live"))
""",
        name="live",
    )
    caller = join(
        PROGRAMS / "a_broadcast_reaches_others_while_one_is_frozen.py", provider.process.pid
    )
    caller.wait_for("^freeze$")
    provider.signal(signal.SIGSTOP)
    try:
        live.wait_for("^noted$")
    finally:
        provider.signal(signal.SIGCONT)
    assert caller.wait_end() == 0, caller.output


def test_a_call_of_a_thread_that_waits_goes_behind_those_that_it_made_before(controller, join):
    provider = join(PROVIDER, name="provider")
    caller = join(
        PROGRAMS / "a_call_of_a_thread_that_waits_goes_behind_those_that_it_made_before.py",
        provider.process.pid,
    )
    freeze_and_thaw(provider, caller)


def test_what_nobody_waits_for_is_sent_before_its_process_ends(controller, join):
    # Its last calls were lost, in silence.
    provider = join(PROVIDER, "says", name="provider")
    caller = join(
        """
from place import meet
from daffi import *
g = meet()
g.wait_process("provider")
for _ in range(5):
    g.call.note(bytes(3 << 20)) & NO_RETURN
"""
    )
    assert caller.wait_end() == 0, caller.output
    for _ in range(5):
        provider.wait_for("^noted 3145728$")
