"""The process called worker in test_rolling_restart.py."""

import sys

from place import meet

from daffi import callback

runs = open(f"runs-{sys.argv[1]}", "a", buffering=1)


@callback
def note(style, number):
    runs.write(f"{style} {number}\n")
    return number


g = meet(process_name=sys.argv[1])
print("ready", g.port, flush=True)
g.join()
