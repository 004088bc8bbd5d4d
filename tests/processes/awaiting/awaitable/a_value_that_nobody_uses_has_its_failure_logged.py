"""A value that nobody uses has its failure logged."""

import asyncio
import gc
import logging
import threading

from fetchers import add, fail
from place import meet_provider

g = meet_provider()
logged = threading.Event()


class Seen(logging.Handler):
    def emit(self, record):
        print(record.getMessage())
        logged.set()


logging.getLogger("daffi").addHandler(Seen())


async def main():
    fail("no number")
    assert await add(1, 2) == 3


asyncio.run(main())
gc.collect()
assert logged.wait(5)
g.stop()
