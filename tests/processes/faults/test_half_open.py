"""A host that vanishes says no goodbye: connections to it stay open and silent, and every call ends all the same."""

from collections.abc import Callable, Iterator

import pytest
from cable import Cable
from script import Script, programs

PROGRAMS = programs(__file__)


CONTROLLER = """
from place import meet, stay
stay(meet(init_node=False, process_name="controller"))
"""
WORKER = PROGRAMS / "worker.py"
CALLER = PROGRAMS / "caller.py"
STYLES = ("fg", "bg", "stream", "generator")


@pytest.fixture
def cable(run: Callable[..., Script]) -> Iterator[Cable]:
    """A controller, and a cable to it."""
    controller = run(
        CONTROLLER, name="controller", settings={"init_controller": True, "host": "localhost"}
    )
    cable = Cable(int(controller.wait_for(r"^ready (\d+)$")[1]))
    yield cable
    cable.close()


def at(port: int) -> dict:
    """Settings of a node: the controller's own port, or the cable to it."""
    return {"host": "localhost", "port": port}


def outcomes(caller: Script) -> dict[str, str]:
    """What each style of the caller ended in; the documented bound is 12 to 20 s."""
    caller.wait_for("^all ended$", patience=90)
    return {line.split(":")[0]: line for line in caller.lines if ":" in line}


def test_calls_end_when_the_host_of_their_process_vanishes(run, cable):
    worker = run(WORKER, name="worker", settings=at(cable.port))
    worker.wait_for("^joined$")
    caller = run(CALLER, name="caller", settings=at(cable.target))
    caller.wait_for("^begun$")
    for _ in range(2):
        worker.wait_for("^began$")  # the one that streams takes its items one after the other
    cable.pull()
    ended = outcomes(caller)
    for style in STYLES:
        assert "RemoteStoppedUnexpectedly" in ended[style], ended[style]
        assert "worker" in ended[style], ended[style]
        assert "may have run" in ended[style], ended[style]


def test_calls_end_when_the_own_host_is_cut_off(run, cable):
    worker = run(WORKER, name="worker", settings=at(cable.target))
    worker.wait_for("^joined$")
    caller = run(CALLER, name="caller", settings=at(cable.port))
    caller.wait_for("^begun$")
    for _ in range(2):
        worker.wait_for("^began$")
    cable.pull()
    ended = outcomes(caller)
    for style in STYLES:
        assert "RemoteStoppedUnexpectedly" in ended[style], ended[style]
        # It is the way that is silent: nothing is known of the process behind it.
        assert "controller" in ended[style], ended[style]
        assert "may have run" in ended[style], ended[style]
