"""A callback that is called early finds its Global."""

import sys
import threading

from place import meet, stay

from daffi import callback


@callback
def answer():
    return "early"


name = sys.argv[1]
g = meet(process_name="caller")


def call():
    g.wait_function(name, timeout=20)
    print("gave", getattr(g.call, name)().fg(timeout=10), flush=True)


threading.Thread(target=call).start()
stay(g)
