"""The provider of a test: a process ends cleanly though a callback catches whatever is raised."""

import time

from place import meet, stay

from daffi import callback


@callback
def loops():
    print("running", flush=True)
    while True:
        try:
            time.sleep(0.001)  # gives others the lock, as working code does
        except:
            pass


g = meet(process_name="provider")
stay(g)
