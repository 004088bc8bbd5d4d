"""The provider of a test: async callbacks run in trio where the global was made under trio."""

import trio
from place import meet

from daffi import callback


@callback
async def nap(seconds, value):
    await trio.sleep(seconds)
    return value


@callback
async def fail():
    await trio.lowlevel.checkpoint()
    raise KeyError("trio")


@callback
async def for_ever():
    try:
        await trio.sleep_forever()
    except trio.Cancelled:
        print("cancelled", flush=True)
        raise


async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()


trio.run(main)
