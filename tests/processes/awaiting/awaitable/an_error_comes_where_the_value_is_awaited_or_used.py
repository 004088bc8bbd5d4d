"""An error comes where the value is awaited or used."""

import asyncio

from fetchers import fail
from place import meet_provider, raises

g = meet_provider()


async def main():
    with raises(ValueError):
        await fail("no number")
    value = fail("no number")
    with raises(ValueError):
        str(value)
    with raises(ValueError):
        await value


asyncio.run(main())
g.stop()
