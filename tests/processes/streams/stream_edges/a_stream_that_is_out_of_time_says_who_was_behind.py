"""A stream that is out of time says who was behind."""

from place import meet_provider, raises

from daffi import FG, STREAM

g = meet_provider()
with raises(TimeoutError) as caught:
    g.call.take_when_let(["a", "b"]) & STREAM(timeout=0.3)
behind = "take_when_let: not every item of the stream was taken by 'provider' within 0.3 s"
assert behind in str(caught.error), caught.error
g.call.let() & FG


def slow():
    yield 1
    import threading

    threading.Event().wait(1)
    yield 2


with raises(TimeoutError) as caught:
    g.call.take(slow()) & STREAM(timeout=0.3)
assert "0.3 s" in str(caught.error), caught.error
g.stop()
