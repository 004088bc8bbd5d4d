"""The process called provider in test_logging.py."""

import time

from place import meet, stay

from daffi import callback


@callback
def add(a, b):
    return a + b


@callback
def fail(what):
    raise LookupError(what)


@callback
def count(n):
    for number in range(n):
        time.sleep(0.05)  # the next item is to be waited for
        yield number


@callback
def take(item):
    pass


@callback
def slow(length, value=None):
    time.sleep(length)  # being slow is what it is for
    return value


stay(meet(process_name="provider"))
