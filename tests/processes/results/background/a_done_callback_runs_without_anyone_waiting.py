"""A done callback runs without anyone waiting."""

import threading

from place import meet_provider

from daffi import BG

g = meet_provider()
heard, news = [], threading.Event()


def hear(result):
    heard.append(result.get())
    news.set()


result = g.call.slow(0.2, "soon") & BG
result.add_done_callback(hear)
assert news.wait(5)
assert heard == ["soon"]
g.stop()
