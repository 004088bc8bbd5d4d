"""Waiting for a value holds up no other thread."""

import threading

from fetchers import add, slow
from place import meet_provider, slowdown, within

g = meet_provider()
value = slow(slowdown(), "x")
seen = []
begun = threading.Barrier(5)


def use():
    begun.wait()
    seen.append(str(value))


waiting = [threading.Thread(target=use) for _ in range(4)]
for thread in waiting:
    thread.start()
begun.wait()
with within(0.9):
    for number in range(100):
        assert add(number, 1) == number + 1
    assert seen == []
for thread in waiting:
    thread.join()
assert seen == ["x"] * 4
g.stop()
