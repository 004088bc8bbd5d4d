"""A module that its process has and the other may have."""

import dataclasses
import enum
import functools


@dataclasses.dataclass
class Point:
    x: int

    def doubled(self):
        return Point(2 * self.x)


class Color(enum.Enum):
    RED = 1


class ShapeError(ValueError):
    def __init__(self, *, code):
        super().__init__(f"code {code}")
        self.code = code


def area(point):
    return 2 * point.x


@functools.cache
def cached(x):
    return x + 1


def fail():
    raise ShapeError(code=3)
