"""No result is kept when none is wanted."""

import logging
import threading

from place import meet_provider

from daffi import BG, FG, NO_RETURN

g = meet_provider()
logged = threading.Event()


class Handler(logging.Handler):
    def emit(self, record):
        print("logged", record.getMessage().splitlines()[0])
        logged.set()


logging.getLogger("daffi").addHandler(Handler(level=logging.WARNING))
assert (g.call.note("first") & BG(return_result=False)) is None
assert (g.call.note("second") & NO_RETURN) is None
assert (g.call.note("late") & NO_RETURN(eta=0.1)) is None
assert (g.call.note("bad") & NO_RETURN) is None
assert logged.wait(5)
assert (g.call.wait_for_all() & FG(timeout=10)) == 4
g.stop()
