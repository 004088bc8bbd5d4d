"""The provider of a test: calls that are forgotten and scheduled run exactly once."""

import threading
from collections import Counter

from place import meet, stay

from daffi import callback

runs = Counter()
lock = threading.Lock()


@callback
def note(kind, number):
    with lock:
        runs[kind, number] += 1


@callback
def counted(kind):
    with lock:
        return {number: count for (what, number), count in runs.items() if what == kind}


g = meet(process_name="provider")
stay(g)
