"""What a generator raises comes after its items."""

from place import meet_provider, raises

from daffi import FG, GlobalContextError, RemoteCallError, SerializationError

g = meet_provider()
for callback in (g.call.breaks, g.call.breaks_async):
    stream = callback(3) & FG
    got = []
    with raises(LookupError, RemoteCallError) as caught:
        for item in stream:
            got.append(item)
    assert got == [0, 1, 2]
    assert "nothing left" in str(caught.error)
    assert list(stream) == []
stream = g.call.unsendable() & FG
assert next(stream) == 1
with raises(SerializationError):
    next(stream)
with raises(GlobalContextError):
    g.call.numbers() & FG
g.stop()
