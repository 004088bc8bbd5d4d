"""A parameter g is filled remotely."""

from place import meet_provider

g = meet_provider()
here = "provider"
assert g.call.plain().fg() == here
assert g.call.first(1).fg() == (here, 1, 2)
assert g.call.first(b=3, a=1).fg() == (here, 1, 3)
assert g.call.between(1).fg() == (1, here, 2)
assert g.call.between(1, 3, 4, 5).fg() == (1, here, 3, 4, 5)
assert g.call.by_name_only(1, b=3).fg() == (1, here, 3)
assert g.call.with_default(1).fg() == (1, here)
assert g.call.with_rest(a=1).fg() == (here, {"a": 1})
assert g.call.waiting(1).fg() == (1, here)
assert g.call.wrapped(1, 2).fg() == (1, here, 2)
assert g.call.method(1).fg() == (1, here, 2)
assert g.call.method(1, 3).fg() == (1, here, 3)
assert g.call.async_method(1).fg() == (1, here)
assert g.call.static_method(1).fg() == (1, here)
assert g.call.class_method(1).fg() == ("Service", here, 1)
assert list(g.call.items(2).fg()) == [(0, here), (1, here)]
assert list(g.call.async_items(2).fg()) == [(0, here), (1, here)]
g.stop()
