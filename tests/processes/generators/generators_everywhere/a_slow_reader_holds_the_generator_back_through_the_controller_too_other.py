"""The other process of a test: a slow reader holds the generator back through the controller too."""

from place import meet

from daffi import FG

g = meet(process_name="caller")
g.wait_process("second", timeout=10)
stream = g.call.endless() & FG
for _ in range(10):
    next(stream)
# As where they meet directly: nothing piles up on the way.
assert g.call.how_many().fg() <= 1000
stream.close()
assert g.call.wait_closed() & FG
g.stop()
