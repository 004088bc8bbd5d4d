"""The process called receiver in test_streams_at_the_end.py."""

import time

from place import meet, stay

from daffi import callback

items = []


@callback
def take(item):
    time.sleep(0.002)  # being slower than the producer is what it is for
    items.append(item)


@callback
def taken():
    return items


g = meet(process_name="provider")
stay(g)
