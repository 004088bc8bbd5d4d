"""A forgotten call that finds nobody in its last attempt is logged."""

import logging
import threading

from place import meet_provider

from daffi import BG, RetryPolicy

g = meet_provider()
logged = threading.Event()


class Handler(logging.Handler):
    def emit(self, record):
        assert "nothing" in record.getMessage()
        logged.set()


logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
policy = RetryPolicy(stop_after_attempt=2, wait=0)
g.call.nothing() & BG(return_result=False, retry_policy=policy)
assert logged.wait(5)
g.stop()
