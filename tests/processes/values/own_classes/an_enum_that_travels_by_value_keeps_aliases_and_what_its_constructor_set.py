"""An enum that travels by value keeps aliases and what its constructor set."""

import enum
import functools
import threading

from place import meet_provider

from daffi import FG

g = meet_provider()


class Planet(enum.Enum):
    EARTH = (1, 2)
    MARS = (3, 4)
    HOME = (1, 2)

    def __init__(self, mass, radius):
        self.mass, self.radius = mass, radius


class Rights(enum.Flag):
    READ = 1
    WRITE = 2
    BOTH = 3


class Lazy(enum.Enum):
    ONE = 1

    @functools.cached_property
    def lock(self):
        return threading.Lock()


assert Lazy.ONE.lock is Lazy.ONE.lock
assert (g.call.look(lambda lazy: lazy.lock.locked(), Lazy.ONE) & FG) is False


def tell(planet):
    return planet.mass, planet.radius, list(type(planet).__members__), type(planet).HOME.name


assert (g.call.look(tell, Planet.MARS) & FG) == (3, 4, ["EARTH", "MARS", "HOME"], "EARTH")
assert (g.call.echo([Planet.HOME, Planet.MARS]) & FG) == [Planet.EARTH, Planet.MARS]
assert (g.call.look(lambda flag: flag is type(flag).BOTH, Rights.BOTH) & FG) is True
assert (g.call.echo(Rights.BOTH) & FG) is Rights.BOTH
g.stop()
