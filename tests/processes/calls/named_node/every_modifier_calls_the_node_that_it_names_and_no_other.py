"""Every modifier calls the node that it names and no other."""

import time

from place import meet_provider, within

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM

g = meet_provider()
g.wait_process("second")
for name in ("provider", "second"):
    for _ in range(5):
        assert (g.call.where() & FG(node=name)) == name
        assert (g.call.where() & BG(node=name)).get() == name
        assert (g.call.where() & BROADCAST(node=name, return_result=True)) == {name: name}
        task = g.call.where() & PERIOD(interval=100, node=name)
        assert task.node == name and task.cancel()
for word in range(5):
    g.call.where(word) & NO_RETURN(node="second")
    g.call.where(word) & BROADCAST(node="second")
    g.call.where(word) & BG(node="second", return_result=False)
g.call.take(range(5, 10)) & STREAM(node="second")
with within(5):
    while len(seen := g.call.runs() & FG(node="second")) < 35:
        time.sleep(0.001)  # nobody tells when a forgotten call has run
assert sorted(word for word in seen if word != "x") == sorted([*range(5)] * 3 + [*range(5, 10)])
assert set(g.call.runs() & FG(node="provider")) == {"x"}
g.stop()
