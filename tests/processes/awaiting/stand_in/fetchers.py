"""What programs of test_stand_in.py have in common."""

from daffi import FG, fetcher


@fetcher(FG)
async def add(a, b): ...


@fetcher(FG)
async def echo(value): ...


@fetcher(FG)
async def fail(message): ...
