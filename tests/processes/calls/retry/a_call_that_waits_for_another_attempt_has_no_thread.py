"""A call that waits for another attempt has no thread."""

import os
import threading

from place import meet_provider

from daffi import BG, FG, RetryPolicy

g = meet_provider()
policy = RetryPolicy(KeyError, wait="1h")
(g.call.flaky(0) & BG(retry_policy=policy)).get()
g.call.reset() & FG
before, known = len(os.listdir("/proc/self/task")), threading.active_count()
results = [g.call.flaky(10**9) & BG(retry_policy=policy) for _ in range(1500)]
runs = 0
while runs < 1500:
    runs += g.call.reset().fg()
# The threads that made the attempts end a second later.
while len(os.listdir("/proc/self/task")) > before:
    pass
assert threading.active_count() <= known
assert not any(result.ready for result in results)
for result in results:
    assert result.cancel()
g.stop()
