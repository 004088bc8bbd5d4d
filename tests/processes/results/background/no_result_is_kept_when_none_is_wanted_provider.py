"""The provider of a test: no result is kept when none is wanted."""

import threading

from place import meet, stay

from daffi import callback

noted = threading.Semaphore(0)


@callback
def note(what):
    print(f"noted {what}\n", end="", flush=True)  # in one piece: others write beside
    noted.release()
    if what == "bad":
        raise ValueError("nobody waits for this")


@callback
def wait_for_all():
    return sum(noted.acquire() for _ in range(4))


g = meet(process_name="provider")
stay(g)
