"""The provider of a test: other calls go on beside messages over the limit of the other side."""

import time

from place import meet, stay

from daffi import callback


@callback
def slow(seconds):
    time.sleep(seconds)  # a call under way meanwhile
    return "kept"


@callback
def make(size):
    return bytes(size)


@callback
def size(data):
    return len(data)


stay(meet(process_name="provider", max_message=1 << 20))
