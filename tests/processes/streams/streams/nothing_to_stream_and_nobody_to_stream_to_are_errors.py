"""Nothing to stream and nobody to stream to are errors."""

from place import meet_provider, raises

from daffi import STREAM, InitializationError

g = meet_provider()
for wrong in ("text", b"bytes", bytearray(2), 5, None):
    with raises(InitializationError) as caught:
        g.call.take(wrong) & STREAM
    assert repr(wrong) in str(caught.error)
for wrong in ((), ([1], [2])):
    with raises(InitializationError) as caught:
        g.call.take(*wrong) & STREAM
    assert "one iterable" in str(caught.error)
with raises(InitializationError):
    g.call.take(item=[1]) & STREAM
with raises(InitializationError) as caught:
    g.call.tkae([1]) & STREAM
assert "did you mean 'take'" in str(caught.error)
with raises(InitializationError):
    g.call.take([1]) & STREAM(node="nobody")
g.stop()
