"""A cached function is never the one of the other script."""

import functools

from place import meet_provider

from daffi import FG

g = meet_provider()


@functools.lru_cache(maxsize=7, typed=True)
def rate(x):
    return f"{x} of the caller"


@functools.cache
def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


fib.unit = "rabbits"


def local():
    @functools.cache
    def inner():
        return rate(2)

    return inner


class Rates:
    @functools.lru_cache
    def of(self, x):
        return rate(x)

    @staticmethod
    @functools.cache
    def fixed():
        return 5


def total(x):
    return rate(x)


for function in (total, rate):
    assert g.transfer_and_call("provider", function, 1) == "1 of the caller"
    assert g.call.call(function, 1) & FG == "1 of the caller"
assert g.transfer_and_call("provider", fib, 90) == fib(90)
assert g.call.call(local()) & FG == "2 of the caller"
assert g.call.call(Rates().of, 3) & FG == "3 of the caller"
assert g.call.call(Rates.fixed) & FG == 5
back = g.call.echo([fib, rate, {"same": rate}]) & FG
assert back[0].unit == "rabbits" and back[0].__annotations__ == fib.__annotations__
assert back[1].cache_parameters() == {"maxsize": 7, "typed": True}
assert back[1] is back[2]["same"] and back[1](1) == "1 of the caller"
g.stop()
