"""After ctrl c a broadcast is not tried again."""

import os
import signal
import threading
import time

from place import meet_provider, raises, within

from daffi import BROADCAST, FG, RetryPolicy

g = meet_provider()
policy = RetryPolicy(KeyError, stop_after_attempt=10_000, wait="20ms")
threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
with within(5), raises(KeyboardInterrupt):
    g.call.flaky() & BROADCAST(return_result=True, retry_policy=policy)
while any("retry" in thread.name for thread in threading.enumerate()):
    time.sleep(0.01)  # nothing tells of the end of a thread that is not ours
# The attempt that was under way may still come.
for _ in range(60):
    before = g.call.how_many_runs() & FG
    time.sleep(0.3)  # many times the wait between two attempts
    if g.call.how_many_runs().fg() == before:
        break
else:
    raise AssertionError("it is tried again and again")
g.stop()
