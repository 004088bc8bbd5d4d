"""The process called worker in test_half_open.py."""

import threading

from place import meet

from daffi import callback


@callback
def hold(item=None):
    print("began", flush=True)
    threading.Event().wait()


@callback
def count():
    yield 1
    threading.Event().wait()


@callback
def quick():
    return "here"


g = meet(process_name="worker", direct=False)
print("joined", flush=True)
g.join()
