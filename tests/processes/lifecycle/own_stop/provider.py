"""The process called provider in test_own_stop.py."""

import threading

from place import meet, stay

from daffi import callback


@callback
def endless():
    while True:
        yield 1


@callback
def take(item):
    pass


@callback
def hold():
    threading.Event().wait(20)


g = meet(process_name="provider")
stay(g)
