"""What a caller only wanted done is done though it leaves."""

import time

from place import meet_provider

from daffi import FG

g = meet_provider()
# Those that were awaited hear of it, and the others do not.
while ("awaited async", True) not in g.call.what_was_said().fg():
    time.sleep(0.01)  # nobody tells
# The delayed ones begin.
while g.call.count_begun().fg() < 13:
    time.sleep(0.01)  # as above
g.call.open_async() & FG
g.call.open_gate() & FG
while len(said := g.call.what_was_said().fg()) < 13:
    time.sleep(0.01)  # as above
names = ("steps", "work", "work_async")
styles = ("broadcast", "forgotten", "unwanted")
wanted = {(f"{name} {style}", False) for name in names for style in styles}
wanted |= {("delayed", False), ("delayed async", False)}
assert set(said) == wanted | {("awaited", True), ("awaited async", True)}, said
g.stop()
