"""A scheduled run that finds no thread is left out and told of at both ends."""

import logging
import queue

from place import meet_provider

from daffi import BG, FG, PERIOD

g = meet_provider()
# All threads but the one that reads are taken.
held = g.call.hold() & BG
NO_THREAD = "callbacks have all 2 threads there, and none became free for 0.3 s"
heard = queue.Queue()


class Hear(logging.Handler):
    def emit(self, record):
        heard.put(record.getMessage())


logging.getLogger("daffi.callbacks").addHandler(Hear())
task = g.call.tick() & PERIOD(interval=0.05)
for _ in range(2):
    line = heard.get(timeout=20)
    assert "a scheduled run of tick failed" in line and NO_THREAD in line, line
g.call.release() & FG
held.get(timeout=20)
print("released", flush=True)
g.stop()
