"""A generic function travels with what is registered."""

import functools

from place import meet_provider

from daffi import FG

g = meet_provider()


@functools.singledispatch
def rate(x):
    return "anything"


class Own:
    pass


@rate.register
def _(x: int):
    return "a number of " + rate("text")


@rate.register
def _(x: Own):
    return "an own one"


def total(*values):
    return [rate(value) for value in values]


expected = ["a number of anything", "anything", "an own one"]
values = (True, None, Own())
assert total(*values) == expected
assert g.transfer_and_call("provider", total, *values) == expected
assert [g.call.call(rate, value) & FG for value in values] == expected
g.stop()
