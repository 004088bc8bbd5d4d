"""The caller of a test: a child that is forked in an async callback has loops of its own."""

from place import meet

from daffi import FG, callback


@callback
def back(g):
    return g.call.in_child() & FG(node="child", timeout=10)


g = meet(process_name="caller")
g.wait_function("forks", timeout=20)
assert (g.call.forks() & FG(timeout=25)) == 0
g.stop()
