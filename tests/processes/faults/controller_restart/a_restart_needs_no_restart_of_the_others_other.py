"""The other process of a test: a restart needs no restart of the others."""

import pathlib

from place import meet

from daffi import FG

g = meet(process_name="caller")
g.wait_function("add", timeout=10)
assert (g.call.add(1, 2) & FG) == 3
print("met", flush=True)

gone = pathlib.Path("gone")
calls = 0
while not gone.exists() or calls < 100:
    assert (g.call.add(calls, 1) & FG) == calls + 1
    calls = calls + 1 if gone.exists() else 0
print("went on", flush=True)

g.wait_process("late", timeout=20)
assert (g.call.late() & FG) == "late"
assert (g.call.add(1, 2) & FG) == 3
g.stop()
