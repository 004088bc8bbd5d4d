"""A broadcast reaches others while one is frozen."""

from freezing import frozen
from place import meet

from daffi import BROADCAST

g = meet()
g.wait_process("provider")
g.wait_process("live")
print("freeze", flush=True)
while not frozen():
    pass
answers = g.call.note(1) & BROADCAST(return_result=True)
assert answers == {"provider": None, "live": "live"}, answers
g.stop()
