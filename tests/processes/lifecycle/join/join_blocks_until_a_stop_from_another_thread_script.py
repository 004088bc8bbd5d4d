"""The script of a test: join blocks until a stop from another thread."""

import threading

from place import meet, within

g = meet(init_controller=True)
steps = []


def end():
    steps.append("stopping")
    g.stop()


threading.Timer(0.3, end).start()
with within(5):
    g.join()
steps.append("joined")
assert steps == ["stopping", "joined"] and not g.is_running
