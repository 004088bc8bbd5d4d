"""A name in a variable is called."""

from place import meet_provider, raises

from daffi import FG, InitializationError

g = meet_provider()
name = "add"
assert g.call[name](1, 2) & FG == 3
assert (g.call[name] & FG)(1, 2) == 3
assert g.call[name].info == g.call.add.info
# A name that Python takes for its own.
assert not g.call["__len__"].exists
for wrong in ("", 5, None, "a\0b"):
    with raises(InitializationError) as caught:
        g.call[wrong]
    assert "name" in str(caught.error), caught.error
with raises(TypeError):
    list(g.call)
g.stop()
