"""The worker of a test: callbacks beside one that stops their process have g."""

import threading
import time

from place import meet, stay

from daffi import FG, callback, get_g

begun = threading.Event()


@callback
def stops():
    begun.wait(20)
    get_g().stop()


@callback
def goes_on():
    begun.set()
    while g.is_running:
        time.sleep(0.01)  # no event tells that it stops
    time.sleep(0.2)  # so that the stop has returned
    return get_g().process_name, g.call.add(1, 2) & FG


g = meet(process_name="worker")
stay(g)
