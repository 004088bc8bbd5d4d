"""A process whose callbacks note, and fail; it serves, or joins where it is the second."""

import sys
import time

from place import meet, stay

from daffi import callback

runs = []


@callback
def note(what, seconds=0):
    time.sleep(seconds)  # being slow is what it is for
    runs.append((what, time.time()))


@callback
async def fail(what):
    raise LookupError(what)


@callback
def exit(what):
    raise SystemExit(what)


@callback
def noted(count):
    """What has run, once it is so much."""
    end = time.monotonic() + 20
    while len(runs) < count and time.monotonic() < end:
        time.sleep(0.001)  # no event: several callers count
    return runs


name = sys.argv[1] if sys.argv[1:] else "provider"
g = meet(process_name=name)
if name == "provider":
    stay(g)
else:
    print("up", flush=True)
    g.join()
