"""A with block stops at its end whatever happens in it."""

from place import meet, meet_provider, raises

from daffi import get_g

g = meet_provider()
g.stop()
with meet(process_name="block") as block:
    assert block.is_running and get_g() is block
    block.wait_process("provider", timeout=10)
assert not block.is_running

with raises(LookupError):
    with meet(process_name="block") as block:
        raise LookupError
assert not block.is_running

with meet(process_name="block") as block:
    block.stop()
