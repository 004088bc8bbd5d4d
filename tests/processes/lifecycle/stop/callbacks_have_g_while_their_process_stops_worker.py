"""The worker of a test: callbacks have g while their process stops."""

import itertools
import time

from place import meet, stay

from daffi import callback, get_g

numbers = itertools.count(1)


def read():
    # Called by pickle where the argument is read: the stop comes meanwhile.
    print(f"{next(numbers)} are being read", flush=True)
    while g.is_running:
        time.sleep(0.01)  # no event tells that it stops
    return 5


@callback
def given(x, g):
    return x, g.process_name


@callback
async def given_async(x, g):
    return x, g.process_name


@callback
def asks(x):
    return x, get_g().process_name


g = meet(process_name="worker")
stay(g)
