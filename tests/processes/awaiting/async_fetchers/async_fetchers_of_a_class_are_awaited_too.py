"""Async fetchers of a class are awaited too."""

import asyncio

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


@fetcher(FG)
class Provider:
    async def add(self, a, b): ...

    @staticmethod
    async def echo(value): ...

    def size(self, data): ...


async def main():
    provider = Provider()
    assert await provider.add(1, 2) == 3
    assert provider.add(1, 2) + 1 == 4
    assert await Provider.echo("x") == "x"
    assert type(provider.size(b"12")) is int


asyncio.run(main())
g.stop()
