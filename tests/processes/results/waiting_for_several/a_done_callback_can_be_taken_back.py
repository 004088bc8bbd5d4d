"""A done callback can be taken back."""

import threading

from place import meet_provider

from daffi import BG

g = meet_provider()
told, others = [], threading.Event()
result = g.call.slow(0.2) & BG
for _ in range(2):
    result.add_done_callback(told.append)
result.add_done_callback(lambda _: others.set())
assert result.remove_done_callback(told.append) == 2
assert result.remove_done_callback(told.append) == 0
assert others.wait(20)
assert told == []
g.stop()
