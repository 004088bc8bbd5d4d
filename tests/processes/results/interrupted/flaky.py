"""The process called flaky in test_interrupted.py."""

from place import meet, stay

from daffi import callback

runs = 0


@callback
def flaky():
    global runs
    runs += 1
    raise KeyError("not yet")


@callback
def how_many_runs():
    return runs


g = meet(process_name="provider")
stay(g)
