"""The other process of a test: a prompt completes what the others offer now."""

import rlcompleter

from place import meet, raises

from daffi import FG, GlobalContextError, callback

g = meet(process_name="caller")


@callback
def mine(): ...


def completed(text):
    completer, found = rlcompleter.Completer({"g": g}), []
    while (word := completer.complete(text, len(found))) is not None:
        found.append(word.rstrip("()"))
    return found


assert dir(g.call) == ["adder", "addition"]
assert completed("g.call.") == ["g.call.adder", "g.call.addition"]
assert completed("g.call.addi") == ["g.call.addition"]
assert completed("g.call.mi") == []
# Having called a name does not make it one that is offered.
with raises(GlobalContextError):
    g.call.nowhere() & FG
assert "nowhere" not in dir(g.call)

print("completed", flush=True)
g.wait_process("late")
while "worker" in g.registered_callbacks:
    pass
assert dir(g.call) == ["adder", "addition"]
print("late is there", flush=True)
while "late" in g.registered_callbacks:
    pass
assert dir(g.call) == []
g.stop()
