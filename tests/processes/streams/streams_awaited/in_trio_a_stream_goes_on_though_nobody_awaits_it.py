"""In trio a stream goes on though nobody awaits it."""

import trio
from place import meet_provider, within

from daffi import STREAM, fetcher

g = meet_provider()


@fetcher(STREAM)
async def echo(item): ...


async def main():
    stream = echo([1, 2])
    with within(10):
        while len(g.call.calls_so_far().fg()) < 2:
            await trio.sleep(0.01)
    await stream


trio.run(main)
assert g.call.calls_so_far().fg() == ["echo", "echo"]
g.stop()
