"""The value can be awaited and used without."""

import asyncio

from fetchers import add, echo
from place import meet_provider

from daffi import FG

g = meet_provider()


async def main():
    assert await add(1, 2) == 3
    value = add(1, 2)
    assert f"{value}" == "3" and value == 3 and value + 1 == 4 and int(value) == 3
    assert repr(value) == "3"
    assert sorted([add(3, 0), add(1, 0)]) == [1, 3]
    assert await (echo("x") & FG) == "x"
    assert (echo("x") & FG) + "y" == "xy"
    items = echo([1, 2]) & FG
    assert [item for item in items] == [1, 2] and items[1] == 2 and len(items) == 2 and 2 in items
    assert {**(echo({"a": 1}) & FG)} == {"a": 1}
    # Passed on, it is the value.
    assert await (echo(add(1, 2)) & FG) == 3


asyncio.run(main())
g.stop()
