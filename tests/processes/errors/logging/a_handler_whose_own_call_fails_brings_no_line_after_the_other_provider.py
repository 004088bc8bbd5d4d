"""The provider of a test: a handler whose own call fails brings no line after the other."""

import threading

from place import meet, stay

from daffi import callback

runs = threading.Semaphore(0)


@callback
def fails(text):
    runs.release()
    raise ValueError(text)


@callback
def has_run(times):
    return all(runs.acquire(timeout=10) for _ in range(times))


stay(meet(init_controller=True, process_name="provider"))
