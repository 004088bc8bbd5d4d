"""The process called member in test_choosing.py."""

import os
import sys
import threading

from place import meet

from daffi import callback

gate = threading.Event()


@callback
def where():
    return sys.argv[1]


@callback
def hold():
    gate.wait()
    return sys.argv[1]


@callback
def let():
    gate.set()


@callback
def leave():
    g.stop()


@callback
def die():
    print("dying", flush=True)
    os._exit(9)


g = meet(process_name=sys.argv[1])
print("ready", g.port, flush=True)
g.join()
