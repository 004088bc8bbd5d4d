"""The script of a test: a block does not end a global that was made without one."""

import asyncio

from prelude import meet

from daffi import get_g

first = meet()
with meet():
    pass


async def main():
    async with meet():
        pass


asyncio.run(main())
assert first.is_running and get_g() is first
first.stop()
with meet() as again:
    assert again is not first
assert not again.is_running
