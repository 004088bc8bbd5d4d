"""The process called provider in test_scheduled_runs.py."""

import asyncio
import sys
import threading

from place import meet, stay

from daffi import callback

runs = threading.Semaphore(0)
seen = []


@callback
def tick(value=None):
    seen.append(value)
    runs.release()


@callback
def own(g):
    seen.append(g.process_name)
    runs.release()


@callback
class Clock:
    def __init__(self, name):
        self.name = name

    def strike(self, hour):
        seen.append((self.name, hour))
        runs.release()

    async def strike_later(self, hour):
        seen.append((self.name, hour))
        runs.release()


Clock("tower")

running = 0


@callback
async def one_at_a_time():
    global running
    running += 1
    seen.append(running)
    await asyncio.sleep(0.1)  # longer than the interval
    running -= 1
    runs.release()


@callback
async def stumble(message):
    runs.release()
    raise LookupError(message)


@callback
async def exits():
    runs.release()
    sys.exit(3)


@callback
def after(more):
    """What was seen, once so many more runs have been."""
    for _ in range(more):
        assert runs.acquire(timeout=20)
    return list(seen)


g = meet(process_name=sys.argv[1])
if sys.argv[1] == "provider":
    stay(g)
else:
    print("up", flush=True)
    g.join()
