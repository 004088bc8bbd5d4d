"""A failure that was forgotten in a broadcast is logged for each process."""

import logging
import threading

from place import meet_provider

from daffi import BROADCAST

g = meet_provider()
logged = threading.Semaphore(0)


class Handler(logging.Handler):
    def emit(self, record):
        print("logged", record.exc_info[1].remote_process)
        logged.release()


logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
g.wait_process("second")
g.call.fail("everywhere") & BROADCAST
assert logged.acquire(timeout=10) and logged.acquire(timeout=10)
g.stop()
