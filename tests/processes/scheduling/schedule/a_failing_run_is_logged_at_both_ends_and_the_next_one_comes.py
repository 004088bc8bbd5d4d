"""A failing run is logged at both ends and the next one comes."""

import logging
import threading

from place import meet_provider

from daffi import PERIOD

g = meet_provider()
logged = threading.Semaphore(0)


class Handler(logging.Handler):
    def emit(self, record):
        print("logged", record.getMessage(), record.exc_info[1].remote_process)
        logged.release()


logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
task = g.call.stumble("over a stone") & PERIOD(interval=0.1)
assert logged.acquire(timeout=10) and logged.acquire(timeout=10)
print("task", task.uuid)
g.stop()
