"""The other process of a test: a relayed generator is the same."""

from place import meet

from daffi import FG

g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
assert list(g.call.numbers(20_000) & FG) == list(range(20_000))
for name in ("endless", "endless_async"):
    stream = getattr(g.call, name)() & FG
    next(stream)
    stream.close()
    assert g.call.wait_closed() & FG
g.stop()
