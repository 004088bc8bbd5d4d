"""A policy that takes long holds up no other call."""

import threading

from place import meet_provider, raises

from daffi import BG, RetryPolicy

g = meet_provider()
go, asked = threading.Event(), threading.Semaphore(0)


class Slow(RetryPolicy):
    def is_worth(self, error):
        asked.release()
        go.wait()
        return False


stuck = [g.call.flaky(10**9) & BG(retry_policy=Slow()) for _ in range(3)]
policy = RetryPolicy(KeyError, stop_after_attempt=3, wait=0)
for _ in stuck:
    asked.acquire()
with raises(KeyError):
    (g.call.flaky(10**9) & BG(retry_policy=policy)).get()
go.set()
for result in stuck:
    with raises(KeyError):
        result.get()
g.stop()
