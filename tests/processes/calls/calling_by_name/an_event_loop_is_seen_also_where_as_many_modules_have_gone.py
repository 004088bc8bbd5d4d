"""An event loop is seen also where as many modules have gone."""

import sys

from place import meet_provider

from daffi import FG

g = meet_provider()


def look():
    return g.call.add(1, 2) & FG


assert "asyncio" not in sys.modules and look() == 3
before = len(sys.modules)

import asyncio


async def main():
    return await look()


assert asyncio.run(main()) == 3
last = [name for name in sys.modules if name.partition(".")[0] not in ("asyncio", "daffi")]
gone = {name: sys.modules.pop(name) for name in last[before - len(sys.modules) :]}


async def main_again():
    found = len(sys.modules), look()
    sys.modules.update(gone)
    return found[0], await found[1]


assert asyncio.run(main_again()) == (before, 3)
g.stop()
