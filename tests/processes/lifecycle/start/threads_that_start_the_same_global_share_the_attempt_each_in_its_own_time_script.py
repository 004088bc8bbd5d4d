"""The script of a test: threads that start the same global share the attempt each in its own time."""

import threading
import time

from place import within

from daffi import Global

ends = []


def start(after):
    time.sleep(after)  # one after the other, in the middle of each other's attempt
    began = time.monotonic()
    try:
        Global(connect_timeout=1.0)
    except TimeoutError:
        ends.append(time.monotonic() - began)


threads = [threading.Thread(target=start, args=[0.1 * number]) for number in range(8)]
with within(6):  # one after the other they took 8 s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert len(ends) == 8 and min(ends) >= 0.99, ends
