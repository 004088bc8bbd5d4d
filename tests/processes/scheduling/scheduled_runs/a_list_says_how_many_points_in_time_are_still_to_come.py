"""A list says how many points in time are still to come."""

import time

from place import meet_provider, within

from daffi import FG, PERIOD

g = meet_provider()
now = time.time()
task = g.call.tick() & PERIOD(at_time=[now + 0.1, now + 1000, now + 0.2, now + 2000])


def left():
    (listed,) = g.get_scheduled_tasks("provider")
    return listed["number_of_active_tasks"]


assert left() == 4
g.call.after(2) & FG
with within(5):
    while left() != 2:
        time.sleep(0.01)  # a run counts until it is over
assert task.cancel() is True
assert g.get_scheduled_tasks("provider") == []
g.stop()
