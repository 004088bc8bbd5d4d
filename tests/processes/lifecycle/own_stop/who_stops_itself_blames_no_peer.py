"""Who stops itself blames no peer."""

import sys
import threading
import time

from place import PLACE, meet_provider

from daffi import BG, BROADCAST, FG, STREAM, DaffiError, Global, GlobalContextError

g = meet_provider()


def raise_all(values):
    raise next(iter(values.values()))


WAYS = {
    "FG": lambda: g.call.hold() & FG,
    "BG": lambda: (g.call.hold() & BG).get(),
    "generator": lambda: [None for _ in g.call.endless() & FG],
    "STREAM": lambda: g.call.take(iter(int, 1)) & STREAM,
    "BROADCAST": lambda: raise_all(g.call.hold() & BROADCAST(return_result=True)),
}

for number in range(10):
    g = Global(**{**PLACE, "process_name": f"caller-{number}"}) if number else g
    g.wait_function("hold")
    begun = threading.Event()
    errors = []

    def run():
        begun.set()
        try:
            WAYS[sys.argv[1]]()
        except DaffiError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    begun.wait()
    # So that it is in the middle of it; sooner, it is not sent, which must do no harm.
    time.sleep(0.02)
    g.stop()
    thread.join()
    assert [type(error) for error in errors] == [GlobalContextError], errors
