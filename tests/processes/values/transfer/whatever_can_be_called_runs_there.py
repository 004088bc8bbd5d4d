"""Whatever can be called runs there."""

from place import meet_provider

g = meet_provider()


class Point:
    def __init__(self, x):
        self.x = x

    def moved(self, by):
        return self.x + by

    async def moved_later(self, by):
        return self.x + by

    @staticmethod
    def origin():
        return 0

    @classmethod
    def name(cls):
        return cls.__qualname__

    async def __call__(self, by):
        return self.x * by


here = 5


def numbers(upto):
    for number in range(upto):
        yield number + here


async def numbers_later(upto):
    for number in range(upto):
        yield number + here


# A class whose objects are called asynchronously is called like any other.
assert g.transfer_and_call("provider", Point, x=3).x == 3
assert g.transfer_and_call("provider", Point(1).moved, 3) == 4
assert g.transfer_and_call("provider", Point(1).moved_later, by=3) == 4
assert g.transfer_and_call("provider", Point(2), 3) == 6
assert g.transfer_and_call("provider", Point.origin) == 0
assert g.transfer_and_call("provider", Point.name) == "Point"
for function in (numbers, numbers_later):
    assert list(g.transfer_and_call("provider", function, 2)) == [5, 6]
g.stop()
