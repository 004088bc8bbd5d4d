"""Other modifiers of an async fetcher give what they always give."""

import asyncio

from place import meet_provider

from daffi import BG, FG, NO_RETURN, AsyncResult, fetcher

g = meet_provider()


@fetcher(BG(timeout=10))
async def add(a, b): ...


@fetcher(NO_RETURN)
async def echo(value): ...


async def main():
    result = add(1, 2)
    assert isinstance(result, AsyncResult) and result.get() == 3
    assert result.func_name == "add" and result.ready
    assert await add(1, 2, __exec_modifier__=FG) == 3


asyncio.run(main())
g.stop()
