"""Background calls return at once from any thread and are bounded."""

from freezing import frozen
from place import meet

from daffi import BG, NO_RETURN, Overloaded

g = meet(max_waiting_bytes=1 << 20)
g.wait_process("provider")
print("freeze", flush=True)
while not frozen():
    pass
made = []
try:
    while True:
        made.append(g.call.size(bytes(100_000)) & BG)
except Overloaded as error:
    assert "max_waiting_bytes" in str(error), error
assert 1 <= len(made) < 100, len(made)
try:
    while True:
        g.call.note(bytes(100_000)) & NO_RETURN
except Overloaded:
    pass
print("made", flush=True)
assert [result.get() for result in made] == [100_000] * len(made)
# What was refused may be made again.
assert g.call.size(b"12").fg() == 2
g.stop()
