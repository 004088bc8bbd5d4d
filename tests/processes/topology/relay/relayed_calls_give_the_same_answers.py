"""Relayed calls give the same answers."""

import sys

from place import meet, raises

from daffi import BG, FG, RemoteCallError

g = meet(process_name="caller", direct="direct" in sys.argv)
g.wait_process("worker", timeout=10)
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
