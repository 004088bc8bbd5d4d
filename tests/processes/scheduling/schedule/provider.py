"""The process called provider in test_schedule.py."""

import threading

from place import meet, stay

from daffi import callback

ticks = threading.Semaphore(0)
seen = []


@callback
def tick(*args, **kwargs):
    seen.append((args, kwargs))
    ticks.release()


@callback
def change(items):
    numbers, large = items
    seen.append([list(numbers), type(large).__name__, sum(large)])
    numbers.append("changed")
    large[0] = 1
    ticks.release()


@callback
async def tick_async(value):
    seen.append(value)
    ticks.release()


@callback
def stumble(message):
    seen.append(message)
    ticks.release()
    raise ValueError(message)


@callback
def after(runs):
    """What was seen, once so many more runs have been."""
    for _ in range(runs):
        assert ticks.acquire(timeout=20)
    return list(seen)


running = []


@callback
def one_at_a_time():
    running.append(1)
    most = len(running)
    threading.Event().wait(0.1)  # longer than the interval
    running.pop()
    seen.append(most)
    ticks.release()


g = meet(process_name="provider")
stay(g)
