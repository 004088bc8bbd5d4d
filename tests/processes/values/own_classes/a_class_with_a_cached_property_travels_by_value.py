"""A class with a cached property travels by value."""

from functools import cached_property

from place import meet_provider

from daffi import FG

g = meet_provider()


class Circle:
    def __init__(self, radius):
        self.radius = radius

    @cached_property
    def area(self):
        return 3 * self.radius**2


assert (g.call.look(lambda circle: (circle.area, circle.area), Circle(2)) & FG) == (12, 12)
assert (g.call.echo(Circle(2)) & FG).area == 12
g.stop()
