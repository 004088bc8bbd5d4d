"""A handler whose own call fails brings no line after the other."""

import logging
import threading

from place import meet_provider

from daffi import FG, NO_RETURN

g = meet_provider()
told = threading.Semaphore(0)


class Ships(logging.Handler):
    def emit(self, record):
        print(record.getMessage(), flush=True)
        g.call.fails("shipped") & NO_RETURN
        told.release()


logging.getLogger("daffi").addHandler(Ships(level=logging.ERROR))
for text in ("one", "two"):
    g.call.fails(text) & NO_RETURN
    assert g.call.has_run(2) & FG  # with the one that the handler has made
    assert told.acquire(timeout=10)
g.stop()
