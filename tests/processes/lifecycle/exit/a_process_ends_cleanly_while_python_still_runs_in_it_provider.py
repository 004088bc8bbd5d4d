"""The provider of a test: a process ends cleanly while python still runs in it."""

import time

from place import meet, stay

from daffi import callback


def run():
    print("running", flush=True)
    while True:
        time.sleep(0.001)  # so that it comes back to Python now and then


@callback
def loops():
    run()


@callback
def gives():
    yield run()


@callback
def takes(item):
    run()


g = meet(process_name="provider")
stay(g)
