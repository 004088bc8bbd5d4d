"""A call that comes to need a thread is refused as any other is."""

import sys

from place import meet_provider, raises

from daffi import BG, FG, Overloaded, RetryPolicy

g = meet_provider()
LATER = {
    "delayed": lambda: [g.call.add(1, 2) & BG(eta=0.1)],
    "in turn": lambda: [g.call.alone(number) & BG for number in range(20)],
    "delayed, in turn": lambda: [g.call.alone(number) & BG(eta=0.1) for number in range(20)],
}
# All threads but the one that reads are taken.
held = g.call.hold() & BG
NO_THREAD = "callbacks have all 2 threads there, and none became free for 0.3 s"
with raises(Overloaded) as caught:
    g.call.add(1, 2) & FG(timeout=20)
assert NO_THREAD in str(caught.error), caught.error
for result in LATER[sys.argv[1]]():
    error = result.exception(timeout=20)
    assert isinstance(error, Overloaded), error
    assert NO_THREAD in str(error) or "none has ended for 0.3 s" in str(error), error
g.call.release() & FG
held.get(timeout=20)
policy = RetryPolicy(Overloaded, stop_after_delay=20, wait=0.01)
assert g.call.alone(5) & FG(retry_policy=policy) == 5
g.stop()
