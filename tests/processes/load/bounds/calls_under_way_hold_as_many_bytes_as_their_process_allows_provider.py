"""The provider of a test: calls under way hold as many bytes as their process allows."""

import asyncio

from place import meet, stay

from daffi import callback

running = most = 0


@callback
async def hold(data):
    global running, most
    running += 1
    most = max(most, running)
    await asyncio.sleep(0.05)
    running -= 1
    return len(data)


@callback
async def most_at_once():
    return most


stay(meet(process_name="provider", max_pending_bytes=16 << 20, patience="5s"))
