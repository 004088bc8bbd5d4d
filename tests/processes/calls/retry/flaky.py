"""A callback that fails before its run of a number: `flaky.py [process name] [runs so far]`."""

import sys

from place import meet, stay

from daffi import callback

process, runs = "provider", 0
if len(sys.argv) > 1:
    process, runs = sys.argv[1], int(sys.argv[2])


class Special(KeyError):
    pass


@callback
def flaky(good_run, kind="KeyError", text="again"):
    global runs
    runs += 1
    if runs < good_run:
        raise {"KeyError": KeyError, "Special": Special, "ValueError": ValueError}[kind](text)
    return runs


@callback
def reset():
    global runs
    seen, runs = runs, 0
    return seen


stay(meet(process_name=process))
