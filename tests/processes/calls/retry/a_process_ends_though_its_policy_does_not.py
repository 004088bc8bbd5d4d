"""A process ends though its policy does not: which `waits`, `sleeps` or `computes`, and whether it `stops` before."""

import sys
import threading
import time

from place import meet_provider

from daffi import BG, RetryPolicy

_, how, stops = sys.argv
asked = threading.Event()


class Endless(RetryPolicy):
    def is_worth(self, error):
        asked.set()
        if how == "waits":
            threading.Event().wait()
        elif how == "sleeps":
            time.sleep(1000)  # being slow is what it is for
        while True:
            pass


g = meet_provider()
result = g.call.flaky(10**9) & BG(retry_policy=Endless())
asked.wait()
if stops:
    g.stop()
