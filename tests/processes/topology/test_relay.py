"""`direct=False`: the same calls, through the controller, with the same answers."""

import signal

import pytest

WORKER = """
from place import meet
import threading
from daffi import callback

@callback
def add(a, b):
    return a + b

@callback
def echo(value):
    return value

@callback
def fail(message):
    return int(message)

@callback
def hold():
    # In one write, as several threads print at once.
    print("holding\\n", end="", flush=True)
    threading.Event().wait()

g = meet(process_name="worker", direct={direct})
print("up", flush=True)
g.join()
"""
PRELUDE = """
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller", direct={direct})
g.wait_process("worker", timeout=10)
"""
CONTROLLER = "from place import meet, stay; g = meet(init_node=False); stay(g)"


@pytest.fixture(params=["caller", "worker", "both"])
def relayed(request, serve, join):
    """A worker and the opening of a caller of which one or both stay away from direct links."""
    serve(CONTROLLER, name="controller")
    worker = join(WORKER.replace("{direct}", str(request.param == "caller")), name="worker")
    worker.wait_for("^up$")
    return worker, PRELUDE.replace("{direct}", str(request.param == "worker"))


def test_relayed_calls_give_the_same_answers(relayed, join):
    worker, prelude = relayed
    caller = join(
        prelude
        + """
assert (g.call.add(1, 2) & FG) == 3
for value in (None, "text", (1, [2, {3: 4}]), bytes(5_000_000), {1, 2}):
    assert (g.call.echo(value) & FG) == value
results = [g.call.add(number, 1) & BG for number in range(500)]
assert [result.get() for result in results] == list(range(1, 501))
with raises(ValueError) as caught:
    g.call.fail("x") & FG
assert isinstance(caught.error, RemoteCallError)
with raises(TimeoutError):
    g.call.hold() & FG(timeout=0.2)
g.stop()
"""
    )
    assert caller.wait_end() == 0
    worker.signal(signal.SIGKILL)


def test_relayed_values_are_what_was_given(relayed, join):
    worker, prelude = relayed
    caller = join(
        prelude
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
"""
    )
    assert caller.wait_end() == 0, caller.output
    worker.signal(signal.SIGKILL)


def test_a_relayed_call_ends_when_its_peer_dies(relayed, join):
    worker, prelude = relayed
    caller = join(
        prelude
        + """
with raises(RemoteStoppedUnexpectedly):
    g.call.hold() & FG
print("noticed", flush=True)
g.stop()
"""
    )
    worker.wait_for("^holding$")
    worker.signal(signal.SIGKILL)
    caller.wait_for("^noticed$", patience=5)
    assert caller.wait_end() == 0


def test_a_big_relayed_value_lets_small_calls_pass(relayed, join):
    worker, prelude = relayed
    caller = join(
        prelude
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
"""
    )
    assert caller.wait_end() == 0
    worker.end()
