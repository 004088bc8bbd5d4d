"""A process whose callbacks take long."""

import sys
import threading
import time

from place import meet, stay

import daffi
from daffi import callback


@callback
def until_cancelled(said):
    end = time.monotonic() + 100
    while not daffi.cancelled() and time.monotonic() < end:
        threading.Event().wait(0.005)
    print(said if daffi.cancelled() else "never cancelled", flush=True)


@callback
def late(seconds, value):
    time.sleep(seconds)  # being slow is what it is for
    print("late", flush=True)
    return value


g = meet(process_name=sys.argv[1] if sys.argv[1:] else "provider")
stay(g)
