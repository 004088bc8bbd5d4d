"""The other process of a test: a call that had not begun when its node stopped finds no candidate."""

from place import meet, raises

from daffi import BG, FG, UnableToFindCandidate

g = meet(process_name="caller")
g.wait_process("provider")
results = [g.call.add(1, 2) & BG(eta=3600) for _ in range(3)]
assert (g.call.add(1, 2) & FG) == 3
print("waiting", flush=True)
for result in results:
    with raises(UnableToFindCandidate) as caught:
        result.get(10)
    assert "provider" in str(caught.error)
g.stop()
