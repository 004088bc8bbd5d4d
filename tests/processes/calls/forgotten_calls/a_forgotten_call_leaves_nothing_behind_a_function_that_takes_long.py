"""A forgotten call leaves nothing behind a function that takes long."""

import gc
import sys
import threading
import time

from place import meet_provider, spelled

from daffi import BG, FG, AsyncResult

g = meet_provider()
forget = spelled(sys.argv[1])


def hold(result):
    held.set()
    assert let_go.wait(30)


held, let_go = threading.Event(), threading.Event()
first = g.call.noted(0) & BG
# In a thread: where the call has ended already, the function is called at once.
threading.Thread(target=first.add_done_callback, args=[hold]).start()
assert held.wait(20)
for number in range(5):
    forget(g.call.note(number))
assert len(g.call.noted(5) & FG(timeout=20)) == 5
end = time.monotonic() + 20
# The one whose function takes long is left.
while sum(isinstance(thing, AsyncResult) for thing in gc.get_objects()) > 1:
    assert time.monotonic() < end
    time.sleep(0.01)  # nobody tells of the end of a forgotten call
let_go.set()
g.stop()
