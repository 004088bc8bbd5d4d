"""At its limit a wait says what is there and which name is near."""

import asyncio
import sys

import trio
from place import meet_provider, raises

g = meet_provider()
_, wait, *parts = sys.argv
name = parts[0]
waits, waits_async = getattr(g, wait), getattr(g, f"{wait}_async")
attempts = (
    lambda: waits(name, timeout=0.1),
    lambda: asyncio.run(waits_async(name, timeout=0.1)),
    lambda: trio.run(waits_async, name, 0.1),
)
for attempt in attempts:
    with raises(TimeoutError) as caught:
        attempt()
    for part in parts:
        assert part in str(caught.error), caught.error
g.stop()
