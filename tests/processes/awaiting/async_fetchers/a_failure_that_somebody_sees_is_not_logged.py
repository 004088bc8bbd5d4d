"""A failure that somebody sees is not logged."""

import asyncio
import gc
import logging

from fetchers import fail
from place import meet_provider, raises

g = meet_provider()
logging.basicConfig(level=logging.WARNING)


async def main():
    with raises(ValueError):
        await fail("no number")
    with raises(ValueError):
        str(fail("no number"))


asyncio.run(main())
gc.collect()
g.stop()
