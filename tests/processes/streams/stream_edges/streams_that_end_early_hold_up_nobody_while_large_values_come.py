"""Streams that end early hold up nobody while large values come."""

import threading
import time

from place import meet_provider, raises

from daffi import FG, STREAM

g = meet_provider()
over = threading.Event()


def fetch():
    while not over.is_set():
        assert len(g.call.large() & FG) == 4 << 20


def items():
    for number in range(3):
        yield number
        time.sleep(0.01)  # so that it is sent
    raise KeyError("enough")


threads = [threading.Thread(target=fetch) for _ in range(2)]
for thread in threads:
    thread.start()
enough = time.monotonic() + 15  # fewer rounds on a machine that has other work
for _ in range(100):
    with raises(KeyError):
        g.call.take(items()) & STREAM
    if time.monotonic() > enough:
        break
over.set()
for thread in threads:
    thread.join()
g.stop()
