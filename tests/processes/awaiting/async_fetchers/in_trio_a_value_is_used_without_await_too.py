"""In trio a value is used without await too."""

import trio
from fetchers import add, echo, fail
from place import meet_provider, raises

g = meet_provider()


async def main():
    assert f"{add(1, 2)}" == "3" and add(1, 2) + 1 == 4
    assert await echo(add(1, 2)) == 3
    with raises(ValueError):
        await fail("no number")
    with raises(ValueError):
        int(fail("no number"))


trio.run(main)
g.stop()
