"""A wait that nothing awaits blocks in a coroutine too."""

import asyncio

from place import meet_provider, raises

g = meet_provider()


async def main():
    g.wait_process("provider")
    assert g.wait_process("provider") is not False
    assert not g.wait_function("add")
    done = g.wait_function("add") or "done"
    assert done == "done"
    if g.wait_process("provider") != None:
        raise AssertionError
    with raises(TimeoutError):
        g.wait_process("nobody", timeout=0.01)
    with raises(TimeoutError):
        _nothing = g.wait_process("nobody", timeout=0.01)
    return g.wait_process("provider")


assert asyncio.run(main()) == None
# Outside of a loop it is what it always was.
print(g.wait_process("provider"), [g.wait_process(name) for name in ["provider"]])
g.stop()
