"""In an event loop isinstance sees the stand in before and after its use."""

import asyncio

import trio
from fetchers import add, fail
from place import meet_provider, raises

g = meet_provider()


def kind(value):
    match value:
        case int():
            return "int"
        case _:
            return "other"


async def main():
    value = add(1, 2)
    for _ in range(2):
        assert not isinstance(value, int) and kind(value) == "other"
        assert value == 3
    assert await value == 3
    assert not isinstance(value, int) and isinstance(await value, int)


asyncio.run(main())
trio.run(main)
# Where no loop can be held up it is the value, before and after.
for value in (add(1, 2), add(1, 2) + 0):
    for _ in range(2):
        assert isinstance(value, int) and kind(value) == "int"
        assert value == 3
with raises(ValueError):
    isinstance(fail("no number"), int)
g.stop()
