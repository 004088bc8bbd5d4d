"""A child forked by a log handler of a retry ends."""

import logging
import os
import warnings

from place import meet_provider, raises

from daffi import BG, RemoteCallError, RetryPolicy

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
codes = []


class Forks(logging.Handler):
    def createLock(self):
        self.lock = None  # the one of `logging` is new in a child, which then cannot release it

    def emit(self, record):
        child = os.fork()
        if child:
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


logger = logging.getLogger("daffi.calls")
logger.addHandler(Forks())
logger.setLevel(logging.INFO)
with raises(RemoteCallError):
    (g.call.fail("it") & BG(retry_policy=RetryPolicy(stop_after_attempt=2, wait=0))).get(20)
assert codes == [0]
g.stop()
