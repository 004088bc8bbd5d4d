"""Calls that come back to a process whose threads wait for them end."""

from place import meet_provider, raises

from daffi import BG, FG, Overloaded

g = meet_provider()
g.wait_process("between")
results = [g.call.outer() & BG for _ in range(4)]
# Meanwhile: what needs no thread.
assert g.call.number() & FG == 7
assert g.get_scheduled_tasks("provider") == []
for result in results:
    with raises(Exception) as caught:
        result.get(timeout=30)
    assert "threads" in str(caught.error), caught.error
assert any(isinstance(result.exception(), Overloaded) for result in results)
assert g.call.inner() & FG == "inner"
g.stop()
