"""Functions lambdas and coroutine functions run there."""

import asyncio
import functools
import os

from place import meet_provider

g = meet_provider()


def where(a, b=2, *, c=3):
    return os.getpid(), a + b + c


async def later(value):
    await asyncio.sleep(0.01)
    return value, os.getpid()


class Scaler:
    def __init__(self, factor):
        self.factor = factor

    def __call__(self, value):
        return self.factor * value


pid, total = g.transfer_and_call("provider", where, 1, c=4)
assert total == 7
print("ran in", pid)
assert g.transfer_and_call("provider", lambda *args, **kwargs: (args, kwargs), 1, a=2) == (
    (1,),
    {"a": 2},
)
assert g.transfer_and_call("provider", later, "value") == ("value", pid)
assert g.transfer_and_call("provider", functools.partial(where, 1), b=5) == (pid, 9)
assert g.transfer_and_call("provider", functools.partial(later, 1)) == (1, pid)
assert g.transfer_and_call("provider", Scaler(3), 2) == 6
assert g.transfer_and_call("provider", os.getpid) == pid
g.stop()
