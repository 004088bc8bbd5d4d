"""The script of a test: the nodes call each other."""

from place import meet

from daffi import FG, callback


@callback
def once(value):
    return value + 1


g = meet(process_name="caller")
g.wait_function("twice", timeout=10)
assert (g.call.twice(20) & FG) == 42
g.stop()
