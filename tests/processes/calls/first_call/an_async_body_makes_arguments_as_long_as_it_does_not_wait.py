"""An async body makes arguments as long as it does not wait."""

import asyncio

from place import meet_provider, raises

from daffi import FG, InitializationError, fetcher

g = meet_provider()


@fetcher(FG, args_from_body=True)
async def add(factor):
    return 3 * factor, 7 * factor


@fetcher(FG, args_from_body=True)
async def echo(word):
    await asyncio.sleep(0)


async def main():
    assert await add(2) == 20
    with raises(InitializationError) as caught:
        echo("word")
    assert "echo" in str(caught.error) and "await outside" in str(caught.error)


asyncio.run(main())
assert add(1) == 10
g.stop()
