"""Lines come again after a logger has raised."""

import logging
import threading

from place import meet_provider
from showing import show

from daffi import NO_RETURN

g = meet_provider()
reported, told = threading.Event(), threading.Event()


class Raises(logging.Logger):
    def isEnabledFor(self, level):
        reported.set()
        raise LookupError("a logger of mine")


class Tells(logging.Handler):
    def emit(self, record):
        told.set()


show()
logging.getLogger("daffi").addHandler(Tells())
node = logging.getLogger("daffi.node")
node.__class__ = Raises
g.call.fail("one") & NO_RETURN
assert told.wait(20) and reported.wait(20)
told.clear()
node.__class__ = logging.Logger
g.call.fail("two") & NO_RETURN
assert told.wait(20)
g.stop()
