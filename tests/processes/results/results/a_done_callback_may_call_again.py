"""A done callback may call again."""

import threading

from place import meet_provider

from daffi import BG, FG

g = meet_provider()
values, done = [], threading.Event()


def again(result):
    values.append(result.get())
    if len(values) < 5:
        (g.call.add(result.get(), 1) & BG).add_done_callback(again)
    else:
        values.append(g.call.add(100, 1) & FG)
        done.set()


(g.call.add(0, 1) & BG).add_done_callback(again)
assert done.wait(10)
assert values == [1, 2, 3, 4, 5, 101]
g.stop()
