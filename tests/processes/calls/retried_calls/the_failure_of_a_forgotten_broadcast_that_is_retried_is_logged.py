"""The failure of a forgotten broadcast that is retried is logged."""

import logging
import threading

from place import meet_provider

from daffi import BROADCAST, RetryPolicy

g = meet_provider()
logged = threading.Event()


class Handler(logging.Handler):
    def emit(self, record):
        logged.set()


logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
g.call.fail("x") & BROADCAST(retry_policy=RetryPolicy(KeyError, stop_after_attempt=2, wait=0))
assert logged.wait(5)
g.stop()
