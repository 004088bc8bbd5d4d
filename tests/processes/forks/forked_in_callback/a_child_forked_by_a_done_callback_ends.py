"""A child forked by a done callback ends."""

import os
import threading
import warnings

from place import meet_provider

from daffi import BG

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
codes, told = [], threading.Event()


def forks(result):
    child = os.fork()
    if child:
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        told.set()


result = g.call.slow(0.1) & BG
result.add_done_callback(forks)
assert told.wait(20)
assert codes == [0]
g.stop()
