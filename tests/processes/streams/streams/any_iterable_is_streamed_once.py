"""Any iterable is streamed once."""

from place import meet_provider

from daffi import FG, STREAM

g = meet_provider()


def generator():
    for number in range(3):
        yield number


async def async_generator():
    for number in range(10, 13):
        yield number


class Iterable:
    def __iter__(self):
        return iter("ab")


g.call.take(generator()) & STREAM
g.call.take(async_generator()) & STREAM
g.call.take(Iterable()) & STREAM
g.call.take({"key": 1}) & STREAM
g.call.take(iter(())) & STREAM
assert (g.call.taken() & FG) == [0, 1, 2, 10, 11, 12, "a", "b", "key"]
g.stop()
