"""What programs of test_async_fetchers.py have in common."""

from daffi import FG, fetcher


@fetcher(FG)
async def add(a, b): ...


@fetcher(FG)
async def echo(value): ...


@fetcher(FG)
async def fail(message): ...


@fetcher(FG)
async def slow(seconds, value=None): ...
