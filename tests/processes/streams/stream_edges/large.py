"""The process called large in test_stream_edges.py."""

import time

from place import meet, stay

from daffi import callback


@callback
def take(item):
    time.sleep(0.02)  # so that a batch is under way when the stream ends


@callback
def large():
    return bytes(4 << 20)


stay(meet(process_name="provider"))
