"""The provider of a test: an async callback leaves nothing behind."""

import asyncio
import gc

from place import meet, stay

from daffi import callback


@callback
async def echo(value):
    return value


@callback
async def items():
    yield 1


@callback
def how_many_are_alive():
    gc.collect()
    return sum(isinstance(thing, asyncio.Task) for thing in gc.get_objects())


g = meet(process_name="provider")
stay(g)
