"""A generator keeps its place until it is closed."""

import time

from place import meet_provider

from daffi import BG, FG

g = meet_provider()
for closed, name in enumerate(("endless", "endless_on_loop")):
    opened = getattr(g.call, name)() & FG
    next(opened)
    second = getattr(g.call, name)() & BG
    assert g.call.beside().fg() == "beside"
    assert not second.ready and len(g.call.seen().fg()[0]) == closed
    opened.close()
    second = second.get(timeout=20)
    # After its `finally`.
    assert len(g.call.seen().fg()[0]) == closed + 1
    assert next(second) == 0
    # Those that nobody holds are closed, too.
    del opened, second
    while len(g.call.seen().fg()[0]) < closed + 2:
        time.sleep(0.01)  # nobody tells
    g.call.forget() & FG
g.stop()
