"""A class with slots that travels by value keeps them."""

from dataclasses import dataclass

from place import meet_provider

from daffi import FG

g = meet_provider()


@dataclass(slots=True)
class Point:
    x: int
    y: int = 2


@dataclass(slots=True, frozen=True)
class Fixed:
    x: int


class Slots:
    __slots__ = ("a", "__private")

    def __init__(self, a):
        self.a, self.__private = a, -a

    def private(self):
        return self.__private


class One:
    __slots__ = "only"


class Child(Slots):
    __slots__ = {"b": "with documentation"}


class Open(Slots):
    pass


class Weak:
    __slots__ = ("a", "__weakref__", "__dict__")


import enum
from typing import NamedTuple


class Colour(str, enum.Enum):
    __slots__ = ()
    RED = "red"


class Pair(NamedTuple):
    first: int
    second: int


class Refused(Exception):
    def __init__(self, *, code):
        super().__init__(f"code {code}")
        self.code = code


one, child, opened, weak = One(), Child(1), Open(3), Weak()
one.only, child.b, opened.c, weak.a, weak.d = 5, 2, 4, 6, 7
for value, has in (
    (Point(1), False),
    (Fixed(1), False),
    (Slots(1), False),
    (one, False),
    (child, False),
    (opened, True),
    (weak, True),
):
    assert (g.call.has_dict(value) & FG) is has, value
assert (g.call.echo([Point(1), Fixed(3)]) & FG) == [Point(1), Fixed(3)]
came = g.call.echo([Slots(1), one, child, opened, weak]) & FG
assert (came[0].a, came[0].private(), came[1].only) == (1, -1, 5)
assert (came[2].a, came[2].b, came[2].private()) == (1, 2, -1)
assert (came[3].a, came[3].c, came[4].a, came[4].d) == (3, 4, 6, 7)
assert (g.call.echo([Colour.RED, Pair(1, 2)]) & FG) == [Colour.RED, Pair(1, 2)]
assert type(g.call.echo(Pair(1, 2)) & FG) is Pair
error = g.call.echo(Refused(code=5)) & FG
assert (type(error), str(error), error.code) == (Refused, "code 5", 5)
g.stop()
