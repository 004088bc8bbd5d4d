"""Arguments travel as they are given."""

from place import meet_provider, raises

from daffi import FG, GlobalContextError, fetcher

g = meet_provider()


@fetcher(FG)
def mirror(first, second="default", *, third=3): ...


@fetcher(FG)
def greet(who, greeting="local"): ...


assert mirror(1) == ([1], {})
assert mirror(first=1, third=None) == ([], {"first": 1, "third": None})
assert mirror((1, 2), [3]) == ([(1, 2), [3]], {})
# What the stand-in does not know is for the callback to take or to refuse.
assert mirror(1, 2, 3, 4, fourth=5) == ([1, 2, 3, 4], {"fourth": 5})
assert mirror() == ([], {})
# Defaults and names are those of the callback.
assert greet("ada") == "remote ada"
assert greet(name="ada") == "remote ada"
with raises(GlobalContextError):
    greet(who="ada")
# Names that a caller in between may have for itself.
odd = dict(self=1, name=2, args=3, kwargs=4, modifier=5, node=6, timeout=7)
assert mirror(**odd) == ([], odd)
assert (g.call.mirror(**odd) & FG) == ([], odd)
g.stop()
