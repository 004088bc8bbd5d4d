"""The generators in a process whose Global was made under trio."""

import trio
from callbacks import closed
from place import meet

from daffi import callback


@callback
async def naps(upto):
    try:
        for number in range(upto):
            await trio.sleep(0.001)
            yield number
    finally:
        closed.release()


async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()


trio.run(main)
