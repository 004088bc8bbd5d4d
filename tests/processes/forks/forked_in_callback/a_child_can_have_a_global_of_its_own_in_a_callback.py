"""A child can have a global of its own in a callback."""

import time

from place import meet, meet_provider

from daffi import FG, callback

g = meet_provider()


@callback
def double(number):
    return 2 * number


g.stop()
g = meet(process_name="caller")
g.wait_function("forks", timeout=10)
assert (g.call.forks() & FG) == 0
while "child" in g.registered_callbacks:
    time.sleep(0.01)  # it has said goodbye; the news comes
g.stop()
