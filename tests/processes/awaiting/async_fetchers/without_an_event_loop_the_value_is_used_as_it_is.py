"""Without an event loop the value is used as it is."""

from fetchers import add, echo, fail
from place import meet_provider, raises

g = meet_provider()
print(add(1, 2), f"{add(2, 2):03d}", "%d" % add(2, 3))
assert add(1, 2) + add(3, 4) == 10 and 10 - add(1, 2) == 7 and -add(1, 2) == -3
assert add(1, 2) < 4 and 2 < add(1, 2) and max(add(1, 2), 2) == 3
assert [10, 20, 30, 40][add(1, 2)] == 40
assert bool(add(0, 0)) is False and not echo("") and not echo(None)
assert " ".join(["a", str(echo("b"))]) == "a b"
assert echo("text").upper() == "TEXT" and echo({"a": 1})["a"] == 1
assert list(echo([1, 2])) == [1, 2] and sum(echo([1, 2])) == 3
with raises(ValueError):
    int(fail("no number"))
g.stop()
