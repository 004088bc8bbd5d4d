"""A process that calls are relayed to, unless `direct` is among its arguments."""

import sys
import threading

from place import meet

from daffi import callback


@callback
def add(a, b):
    return a + b


@callback
def echo(value):
    return value


@callback
def fail(message):
    return int(message)


@callback
def hold():
    # In one write, as several threads print at once.
    print("holding\n", end="", flush=True)
    threading.Event().wait()


g = meet(process_name="worker", direct="direct" in sys.argv)
print("up", flush=True)
g.join()
