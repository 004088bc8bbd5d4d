"""The generators and one that waits until it is closed."""

import asyncio

from callbacks import closed
from place import meet, stay

from daffi import callback


@callback
async def waits():
    try:
        yield 1
        await asyncio.Event().wait()
    finally:
        closed.release()


stay(meet(process_name="provider"))
