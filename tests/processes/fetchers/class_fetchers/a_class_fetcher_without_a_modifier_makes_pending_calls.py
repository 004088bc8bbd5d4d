"""A class fetcher without a modifier makes pending calls."""

from place import meet_provider

from daffi import BG, FG, fetcher

g = meet_provider()


@fetcher
class Provider:
    def add(self, a, b): ...


provider = Provider()
assert (provider.add(1, 2) & FG) == 3
assert (provider.add(1, 2) & BG(timeout=10)).get() == 3
assert provider.add(1, 2, __exec_modifier__=FG) == 3


@fetcher(BG)
class Later:
    def add(self, a, b): ...


assert Later().add(3, 4).get() == 7
g.stop()
