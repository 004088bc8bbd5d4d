"""The provider of a test: a process ends though a callback that catches all is ended while it logs."""

import logging
import time

from place import meet, stay

from daffi import callback


class Slow(logging.Handler):
    def emit(self, record):
        time.sleep(0.001)  # most of the time the lock is held, and the interpreter's is free
        str(record)


log = logging.getLogger("app")
log.propagate = False
log.addHandler(Slow())


@callback
def loops():
    print("running", flush=True)
    while True:
        try:
            while True:
                log.error("again")
        except:
            pass


g = meet(process_name="provider")
stay(g)
