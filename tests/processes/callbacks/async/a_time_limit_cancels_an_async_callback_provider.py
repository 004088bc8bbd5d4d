"""The provider of a test: a time limit cancels an async callback."""

import asyncio

from place import meet, stay

from daffi import callback


@callback
async def wait_for_ever():
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise


g = meet(process_name="provider")
stay(g)
