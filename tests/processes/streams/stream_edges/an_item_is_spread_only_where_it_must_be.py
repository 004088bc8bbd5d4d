"""An item is spread only where it must be."""

from place import meet_provider, raises

from daffi import STREAM, GlobalContextError

g = meet_provider()
g.call.take([("a", "b"), {"item": 1}]) & STREAM
# What the callback's own process fills in is not required of the caller.
g.call.take_with_g([("a", "b")]) & STREAM
g.call.take_all([("a", "b")]) & STREAM
g.call.put([("a", "b")]) & STREAM
g.call.put_two([("a", "b"), {"second": "d", "first": "c"}]) & STREAM
g.call.take_named([{"first": 1, "second": 2}]) & STREAM
assert g.call.taken().fg() == [
    ("a", "b"),
    {"item": 1},
    [("a", "b"), "provider"],
    [("a", "b")],
    ["tall", ("a", "b")],
    ["tall", "a", "b"],
    ["tall", "c", "d"],
    [1, 2],
]
with raises(GlobalContextError):
    g.call.take_named([(1, 2)]) & STREAM
# A list is no tuple, and keys that are no names name nothing.
for item in (["a", "b"], {1: "a", 2: "b"}):
    with raises(GlobalContextError):
        g.call.take_two([item]) & STREAM
g.stop()
