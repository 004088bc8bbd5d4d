"""The script of a test: a process ends at once while threads wait for its global."""

import atexit
import threading
import time

began = 0.0


@atexit.register  # runs last, as it is registered before the functions of daffi
def tell():
    at_most(time.monotonic() - began, 0.5)
    print("in time", flush=True)


from place import at_most

from daffi import Global

for _ in range(3):
    threading.Thread(target=Global, daemon=True).start()
time.sleep(0.5)  # so that they wait
began = time.monotonic()
