"""The process called provider in test_retried_calls.py."""

import time

from place import meet, stay

from daffi import callback


@callback
def note(what, seconds=0):
    time.sleep(seconds)  # being slow is what it is for


@callback
def fail(what):
    raise LookupError(what)


g = meet(process_name="provider")
stay(g)
