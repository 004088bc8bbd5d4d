"""A child ends at once whatever threads of its parent were doing."""

import os
import signal
import sys
import threading
import warnings

from place import meet_provider, within

from daffi import BG, FG

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

going = True


def keep_calling():
    while going:
        (g.call.add(1, 2) & BG).add_done_callback(lambda _: None)


threads = [threading.Thread(target=keep_calling) for _ in range(2)]
threads.append(threading.Thread(target=lambda: g.call.slow(3) & FG))
for thread in threads:
    thread.start()
with within(15):
    for _ in range(60):
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
going = False
for thread in threads:
    thread.join()
g.stop()
