"""A child of a signal handler does not go on waiting."""

import os
import signal
import threading
import warnings

from place import meet_provider

from daffi import GlobalContextError

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
codes = []


def forks(number, frame):
    child = os.fork()
    if child == 0:
        return
    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


signal.signal(signal.SIGUSR1, forks)
parent = os.getpid()
threading.Timer(0.2, os.kill, [parent, signal.SIGUSR1]).start()
try:
    assert g.call.slow(1, "answer").fg() == "answer"
except GlobalContextError as error:
    assert os.getpid() != parent
    assert "before the process was forked" in str(error)
    os._exit(7)
assert codes == [7]
g.stop()
