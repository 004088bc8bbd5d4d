"""The caller of a test: a spare loop that cannot be started is tried again."""

from place import meet

from daffi import FG, Overloaded, callback


@callback
def back(g):
    return g.call.inner() & FG(timeout=20)


g = meet(process_name="caller")
g.wait_function("fail_once", timeout=20)
g.call.begin(1) & FG(timeout=20)
g.call.fail_once() & FG(timeout=20)
try:
    g.call.there() & FG(timeout=20)
except Overloaded as error:
    assert "event loop" in str(error), error
else:
    raise AssertionError("no failure")
assert (g.call.there() & FG(timeout=20)) == "inner"
g.stop()
