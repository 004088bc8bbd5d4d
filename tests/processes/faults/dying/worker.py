"""The process called worker in test_dying.py."""

import threading

from place import meet

from daffi import callback


@callback
def hold():
    # In one write, as several threads print at once.
    print("holding\n", end="", flush=True)
    threading.Event().wait()


@callback
def leave_at_once():
    import os

    os._exit(3)


g = meet(process_name="worker")
print("ready", flush=True)
g.join()
