"""A child that a thread forked hears signals while it waits."""

import os
import signal
import threading
import warnings

from place import meet, meet_provider

from daffi import FG

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
codes = []


class Rung(Exception): ...


def ring(number, frame):
    raise Rung


def forks():
    child = os.fork()
    if child:
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        return
    try:
        own = meet(process_name="child")
        own.wait_process("provider", timeout=20)
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        own.call.hold() & FG(timeout=20)
    except Rung:
        os._exit(7)
    finally:
        os._exit(1)


thread = threading.Thread(target=forks)
thread.start()
thread.join()
assert codes == [7], codes
g.stop()
