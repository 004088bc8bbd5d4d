"""A typed dict of every form travels."""

import typing

import typing_extensions
from place import meet_provider

from daffi import FG

g = meet_provider()


def told(kind):
    return (
        kind.__total__,
        kind.__required_keys__,
        kind.__optional_keys__,
        kind.__module__,
        kind.__qualname__,
        kind.__doc__,
        sorted(kind.__annotations__),
        kind(a=1),
    )


T = typing.TypeVar("T")


class Row(typing.TypedDict):
    a: int


class Sub(Row, total=False):
    """Documented."""

    b: "Sub"


class Pair(typing.TypedDict, typing.Generic[T]):
    a: T


class Ints(Pair[int]):
    b: int


class Extended(typing_extensions.TypedDict):
    a: typing_extensions.Required[int]


class Further(Extended):
    b: typing_extensions.NotRequired[int]


Called = typing.TypedDict("Called", {"a": int, "not a name": str}, total=False)

for kind in (Row, Sub, Pair, Ints, Extended, Further, Called):
    assert g.call.told(kind) & FG == told(kind), kind
    assert g.call.echo(kind) & FG is kind


def total(row: Sub, other: Called) -> Pair[int]:
    return row["a"] + other["a"]


assert g.transfer_and_call("provider", total, {"a": 4}, {"a": 5}) == 9
g.stop()
