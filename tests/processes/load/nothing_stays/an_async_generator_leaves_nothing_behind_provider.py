"""The provider of a test: an async generator leaves nothing behind."""

import gc
import types

from place import meet, stay

from daffi import callback


@callback
async def items(number):
    for item in range(number):
        yield bytes(1000)


@callback
async def fails():
    yield 1
    raise ValueError


@callback
def how_many_are_alive():
    gc.collect()
    return sum(isinstance(thing, types.AsyncGeneratorType) for thing in gc.get_objects())


g = meet(process_name="provider")
stay(g)
