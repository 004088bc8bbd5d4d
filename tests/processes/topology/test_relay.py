"""`direct=False`: the same calls, through the controller, with the same answers."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)

PRELUDE = """
import sys
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller", direct="direct" in sys.argv)
g.wait_process("worker", timeout=10)
"""
CONTROLLER = "from place import meet, stay; g = meet(init_node=False); stay(g)"


@pytest.fixture(params=["caller", "worker", "both"])
def relayed(request, serve, join):
    """A worker and the arguments of a caller, of which one or both stay away from direct links."""
    serve(CONTROLLER, name="controller")
    of_worker, of_caller = (
        ["direct"] if request.param == side else [] for side in ("caller", "worker")
    )
    worker = join(PROGRAMS / "worker.py", *of_worker, name="worker")
    worker.wait_for("^up$")
    return worker, of_caller


def test_relayed_calls_give_the_same_answers(relayed, join):
    worker, options = relayed
    caller = join(PROGRAMS / "relayed_calls_give_the_same_answers.py", *options)
    assert caller.wait_end() == 0
    worker.signal(signal.SIGKILL)


def test_relayed_values_are_what_was_given(relayed, join):
    worker, options = relayed
    caller = join(
        PRELUDE
        + """
part = [1]
came = g.call.echo([part, (part,)]) & FG
assert came[0] is came[1][0]
buffer, results = bytearray(3_000_000), []
for number in range(5):
    buffer[0] = number
    results.append(g.call.echo(buffer) & BG)
assert [result.get(20)[0] for result in results] == list(range(5))
g.stop()
""",
        *options,
    )
    assert caller.wait_end() == 0, caller.output
    worker.signal(signal.SIGKILL)


def test_a_relayed_call_ends_when_its_peer_dies(relayed, join):
    worker, options = relayed
    caller = join(
        PRELUDE
        + """
with raises(RemoteStoppedUnexpectedly):
    g.call.hold() & FG
print("noticed", flush=True)
g.stop()
""",
        *options,
    )
    worker.wait_for("^holding$")
    worker.signal(signal.SIGKILL)
    caller.wait_for("^noticed$", patience=5)
    assert caller.wait_end() == 0


def test_a_big_relayed_value_lets_small_calls_pass(relayed, join):
    worker, options = relayed
    caller = join(
        PRELUDE
        + """
big = bytes(64 << 20)
moving = g.call.echo(big) & BG
small = 0
while not moving.ready:
    assert (g.call.add(1, 2) & FG) == 3
    small += 1
assert moving.get() == big
assert small > 0
g.stop()
""",
        *options,
    )
    assert caller.wait_end() == 0
    worker.end()
