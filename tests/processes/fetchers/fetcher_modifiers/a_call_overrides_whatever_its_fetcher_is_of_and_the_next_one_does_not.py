"""A call overrides whatever its fetcher is of and the next one does not."""

import functools

from place import meet_provider

from daffi import BG, FG, NO_RETURN, fetcher

g = meet_provider()


@fetcher(FG, args_from_body=True)
def add(factor):
    return factor, factor


@fetcher(FG)
class Provider:
    def add(self, a, b): ...


assert add(4, __exec_modifier__=BG).get() == 8
assert Provider().add(1, 2, __exec_modifier__=BG).get() == 3
assert Provider.add(1, b=2, __exec_modifier__=NO_RETURN) is None
assert (g.call.add & FG)(1, 2, __exec_modifier__=BG).get() == 3
assert (g.call.echo & NO_RETURN)("x", __exec_modifier__=FG) == "x"

# What is given stays the caller's.
options = {"b": 2, "__exec_modifier__": BG}
later = functools.partial(Provider.add, __exec_modifier__=BG)
for _ in range(2):
    assert Provider.add(1, **options).get() == 3
    assert later(1, b=2).get() == 3
assert options == {"b": 2, "__exec_modifier__": BG}

assert add(4) == 8
assert Provider.add(1, 2) == 3
g.stop()
