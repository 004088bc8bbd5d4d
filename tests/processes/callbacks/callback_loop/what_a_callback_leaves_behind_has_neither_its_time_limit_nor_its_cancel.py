"""What a callback leaves behind has neither its time limit nor its cancel."""

import time

from place import meet_provider

from daffi import FG, callback

g = meet_provider()


@callback
def add(a, b):
    return a + b


g.call.leave_behind() & FG(timeout=1)
for item in g.call.leave_behind_items() & FG(timeout=1):
    break  # closed early
time.sleep(1.1)  # until their time is over
g.call.let_go() & FG
while len(seen := g.call.what_was_seen().fg()) < 4:
    time.sleep(0.01)  # nobody tells
assert seen == [(how, False, 3) for how in ("executor", "items", "task", "to_thread")], seen
g.stop()
