"""A wait that is awaited does not hold up the loop."""

import asyncio

from place import meet_provider, raises

from daffi import GlobalContextError

g = meet_provider()


async def main():
    for wait in (g.wait_process, g.wait_function):
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        with raises(TimeoutError):
            if wait == g.wait_process:
                await g.wait_process("nobody", timeout=0.3)
            else:
                await g.wait_function("nothing", 0.3)
        counting.cancel()
        assert turns > 1
    assert await g.wait_process("provider") is None
    assert await g.wait_function("echo", timeout=5) is None
    # Handed on first, it has waited already, and can be awaited all the same.
    assert await asyncio.wait_for(g.wait_process("provider"), 5) is None
    handed_on = g.wait_function("echo")
    assert await handed_on is None
    with raises(GlobalContextError):
        await g.wait_process("")


asyncio.run(main())
assert g.wait_process("provider") is None
g.stop()
