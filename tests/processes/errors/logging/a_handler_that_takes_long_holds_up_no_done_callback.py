"""A handler that takes long holds up no done callback."""

import logging
import threading

from place import meet_provider

from daffi import BG, NO_RETURN

g = meet_provider()
entered, leave, done = (threading.Event() for _ in range(3))


class Handler(logging.Handler):
    def emit(self, record):
        entered.set()
        leave.wait(20)


logging.getLogger("daffi").addHandler(Handler())
g.call.fail("it") & NO_RETURN
assert entered.wait(20)
(g.call.slow(0.1) & BG).add_done_callback(lambda _: done.set())
assert done.wait(20)
leave.set()
g.stop()
