"""A timeout is also the builtin one and never a remote error."""

import asyncio
import builtins

from place import meet_provider, raises

from daffi import BG, FG, DaffiError, RemoteCallError

g = meet_provider()


async def awaited():
    await (g.call.hold() & FG(timeout=0.1))


ways = [
    lambda: g.call.hold() & FG(timeout=0.1),
    lambda: (g.call.hold() & BG(timeout=0.1)).get(),
    lambda: (g.call.hold() & BG).get(0.1),
    lambda: asyncio.run(awaited()),
    lambda: g.wait_process("nobody", timeout=0.1),
]
for way in ways:
    with raises(builtins.TimeoutError) as caught:
        way()
    assert isinstance(caught.error, TimeoutError) and isinstance(caught.error, DaffiError)
    assert not isinstance(caught.error, RemoteCallError)
g.stop()
