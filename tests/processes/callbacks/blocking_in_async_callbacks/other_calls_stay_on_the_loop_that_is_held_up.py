"""Other calls stay on the loop that is held up."""

import threading

from place import meet_provider

from daffi import BG, FG, callback

g = meet_provider()
gate = threading.Event()


@callback
def slow_elsewhere():
    gate.wait(10)


held = g.call.holds() & BG
assert g.call.has_begun() & FG
# What has a session or a pool of that loop waits for it, as ever.
beside = g.call.beside() & BG
gate.set()
held.get(), beside.get()
assert g.call.how_many_loops().fg() == (2, 1)
g.stop()
