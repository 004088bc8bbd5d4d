"""Methods of every kind stream back."""

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()
assert list(g.call.items(2) & FG) == ["item0", "item1"]
assert list(g.call.items_async(upto=2) & FG) == ["item0", "item1"]
assert list(g.call.fixed(2) & FG) == [0, 1]
assert list(g.call.of_class() & FG) == ["Feed"]
assert list(g.call.numbers(5, step=2) & FG) == [0, 2, 4]


@fetcher(FG)
class Feed:
    def items(self, upto): ...
    async def items_async(self, upto): ...


assert list(Feed().items(1)) == ["item0"]

import asyncio


async def main():
    assert [item async for item in await Feed().items_async(1)] == ["item0"]


asyncio.run(main())
g.stop()
