"""In trio whatever a producer raises is raised where the stream is awaited."""

import trio
from place import meet_provider, raises

from daffi import STREAM

g = meet_provider()


async def exits():
    yield "item"
    raise SystemExit(3)


async def main():
    with raises(SystemExit):
        await (g.call.take(exits()) & STREAM)
    await trio.sleep(0)


trio.run(main)
g.stop()
