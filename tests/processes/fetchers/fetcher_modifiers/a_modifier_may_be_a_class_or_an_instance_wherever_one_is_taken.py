"""A modifier may be a class or an instance wherever one is taken."""

import sys

from place import meet_provider, spelled

from daffi import fetcher

modifier = spelled(sys.argv[1])
g = meet_provider()
MODIFIER = modifier


@fetcher(MODIFIER)
def add(a, b): ...


assert add(1, 2).get() == 3


@fetcher(exec_modifier=MODIFIER)
def add(a, b): ...


assert add(1, 2).get() == 3


@fetcher(MODIFIER)
class Provider:
    def add(self, a, b): ...


assert Provider().add(1, 2).get() == 3


@fetcher
def add(a, b): ...


assert (add(1, 2) & MODIFIER).get() == 3
assert (add & MODIFIER)(1, 2).get() == 3
assert add(1, 2, __exec_modifier__=MODIFIER).get() == 3

assert (g.call.add(1, 2) & MODIFIER).get() == 3
assert (g.call.add & MODIFIER)(1, 2).get() == 3
assert g.call.add(1, 2, __exec_modifier__=MODIFIER).get() == 3
g.stop()
