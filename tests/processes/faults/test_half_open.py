"""A host that vanishes says no goodbye: connections to it stay open and silent, and every call ends all the same."""

from collections.abc import Callable, Iterator

import pytest
from cable import Cable
from script import Script

CONTROLLER = """
from place import meet, stay
stay(meet(init_node=False, process_name="controller"))
"""
WORKER = """
import threading
from place import meet
from daffi import callback

@callback
def hold(item=None):
    print("began", flush=True)
    threading.Event().wait()

@callback
def count():
    yield 1
    threading.Event().wait()

@callback
def quick():
    return "here"

g = meet(process_name="worker", direct=False)
print("joined", flush=True)
g.join()
"""
CALLER = """
import threading
from place import meet
from daffi import *

def iterated():
    for number in g.call.count() & FG:
        assert number == 1

STYLES = {
    "fg": lambda: g.call.hold() & FG,
    "bg": lambda: (g.call.hold() & BG).get(),
    "stream": lambda: g.call.hold(iter(range(9))) & STREAM,
    "generator": iterated,
}
lock = threading.Lock()
g = meet(process_name="caller", direct=False)
g.wait_process("worker", timeout=20)

def run(name, style):
    try:
        outcome = style()
    except Exception as error:
        outcome = error
    with lock:
        print(f"{name}: {type(outcome).__name__} {outcome}", flush=True)

threads = [threading.Thread(target=run, args=pair) for pair in STYLES.items()]
for thread in threads:
    thread.start()
assert (g.call.quick() & FG) == "here"
print("begun", flush=True)
for thread in threads:
    thread.join()
print("all ended", flush=True)
"""
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
