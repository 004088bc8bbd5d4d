"""A slow reader holds the generator back."""

from place import meet_provider

from daffi import FG

g = meet_provider()
stream = g.call.endless() & FG
for _ in range(10):
    next(stream)
first = g.call.how_many() & FG
# 64 KiB wait at the generator, two batches of 16 KiB here.
assert first <= 1000, first
for _ in range(5000):
    next(stream)
assert 5000 <= (g.call.how_many() & FG) <= 6000
stream.close()
assert g.call.wait_closed() & FG
g.stop()
