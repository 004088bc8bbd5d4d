"""The call of an async fetcher is sent when it is made."""

import asyncio
import time

from fetchers import echo
from place import meet_provider, within

from daffi import FG

g = meet_provider()


def sent():
    with within(5):
        while not (g.call.calls_so_far & FG(node="provider"))():
            time.sleep(0.001)  # nobody tells when a call has run that is not looked at


async def main():
    value = echo(1)
    # The loop does not turn meanwhile.
    await asyncio.to_thread(sent)
    assert await value == 1


asyncio.run(main())
g.stop()
