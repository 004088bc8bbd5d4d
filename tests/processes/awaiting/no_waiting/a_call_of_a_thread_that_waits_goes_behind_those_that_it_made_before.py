"""A call of a thread that waits goes behind those that it made before."""

import threading

from freezing import frozen
from place import meet

from daffi import BG, FG

g = meet()
g.wait_process("provider")
print("freeze", flush=True)
while not frozen():
    pass
sent = [g.call.note(n) & BG for n in range(3)]
threading.Timer(0.0, lambda: print("made", flush=True)).start()
g.call.note(3) & FG
assert all(result.ready for result in sent[:1])
assert sorted(g.call.noted() & FG) == [0, 1, 2, 3]
g.stop()
