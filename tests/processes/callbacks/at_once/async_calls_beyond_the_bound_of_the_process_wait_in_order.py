"""Async calls beyond the bound of the process wait in order."""

import time

from place import meet_provider

from daffi import BG, FG

g = meet_provider()
results = [g.call.on_loop(number) & BG for number in range(100)]
while len(g.call.seen().fg()[0]) < 5:
    time.sleep(0.01)  # nobody tells
# What needs no event loop goes on, and so does what every process answers.
assert g.call.plain(-1).bg().cancel()
assert g.get_scheduled_tasks("provider") == []
assert g.call.seen().fg()[0][:5] == [0, 1, 2, 3, 4]
g.call.go_on() & FG
assert [result.get(timeout=20) for result in results] == list(range(100))
began = [number for number in g.call.seen().fg()[0] if number >= 0]
assert began == list(range(100))
g.stop()
