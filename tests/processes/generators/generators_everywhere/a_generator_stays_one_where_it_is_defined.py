"""A generator stays one where it is defined."""

import types

from place import meet_provider

from daffi import callback

g = meet_provider()


@callback
def numbers(upto):
    yield from range(upto)


@callback
async def numbers_async(upto):
    yield upto


@callback
class Feed:
    @staticmethod
    def fixed(upto):
        yield from range(upto)


for local in (numbers(3), Feed.fixed(3)):
    assert isinstance(local, types.GeneratorType)
    assert list(local) == [0, 1, 2]
assert isinstance(numbers_async(3), types.AsyncGeneratorType)
g.stop()
