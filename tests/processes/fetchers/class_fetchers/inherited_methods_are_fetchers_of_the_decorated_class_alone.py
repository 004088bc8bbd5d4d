"""Inherited methods are fetchers of the decorated class alone."""

from place import meet_provider

from daffi import FG, fetcher

g = meet_provider()


class Base:
    def echo(self, value):
        return "local"


@fetcher(exec_modifier=FG(timeout=10))
class Remote(Base):
    pass


assert Remote().echo("remote") == "remote"
assert Base().echo("remote") == "local"
g.stop()
