"""Calls that are forgotten and scheduled run exactly once."""

import time

from place import meet_provider, within

from daffi import FG, NO_RETURN, PERIOD

g = meet_provider()
forgotten = {number: 5 for number in range(250)}
for _ in range(5):
    for number in forgotten:
        g.call.note("forgotten", number) & NO_RETURN
with within(20):
    while g.call.counted("forgotten").fg() != forgotten:
        time.sleep(0.01)  # nobody tells when a forgotten call has run

began = time.monotonic()
for number in range(250):
    g.call.note("paced", number) & FG
pace = time.monotonic() - began
# Not before all are made, on a machine that has other work to do either.
first = time.time() + 0.5 + 5 * pace
stamps = [first + 0.1 * n for n in range(5)]
tasks = [g.call.note("scheduled", number) & PERIOD(at_time=stamps) for number in range(250)]
scheduled = {number: 5 for number in range(250)}
with within(20):
    while g.call.counted("scheduled").fg() != scheduled:
        time.sleep(0.01)  # as above
assert g.get_scheduled_tasks("provider") == []
assert g.call.counted("scheduled").fg() == scheduled
assert g.call.counted("forgotten").fg() == forgotten
g.stop()
