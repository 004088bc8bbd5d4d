"""The script of a test: a handler that is set during join async stays."""

import asyncio
import signal

from place import meet


def mine(number, frame): ...


async def main():
    g = meet(init_controller=True)
    joined = asyncio.create_task(g.join_async())
    await asyncio.sleep(0)
    signal.signal(signal.SIGTERM, mine)
    joined.cancel()
    await asyncio.wait([joined])


asyncio.run(main())
assert signal.getsignal(signal.SIGTERM) is mine
