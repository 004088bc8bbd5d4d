"""What programs of test_awaitable.py have in common."""

from daffi import FG, fetcher


@fetcher(FG)
async def add(a, b): ...


@fetcher(FG)
async def fail(message): ...


@fetcher
async def echo(value): ...


@fetcher(FG)
async def slow_async(seconds, value=None): ...
