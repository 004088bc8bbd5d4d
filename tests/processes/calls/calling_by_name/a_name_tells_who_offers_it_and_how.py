"""A name tells who offers it and how."""

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()
g.wait_process("second")
assert g.call.add.exists is True and g.call.only.exists is True
assert g.call.add.info == {"provider": "(a, b)", "second": "(a, b)"}
assert g.call.only.info == {"provider": "(first: int, *, second: str = 'x') -> bytes"}


@fetcher
def add(): ...


assert add.exists and set(add.info) == {"provider", "second"}
assert (g.call.runs() & FG(node="provider")) == []
g.stop()
