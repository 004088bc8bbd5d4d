"""A receiver that raises ends the stream everywhere."""

from place import meet_provider, raises, within

from daffi import FG, STREAM, RemoteCallError

g = meet_provider()
g.wait_process("second")
closed = []


def endless():
    try:
        yield "good"
        yield "bad"
        while True:
            yield "more"
    finally:
        closed.append(True)


held = endless()
with within(10), raises(ValueError, RemoteCallError) as caught:
    g.call.take_or_fail(held) & STREAM
assert "no more of this" in str(caught.error)
# At once, not when it is collected.
assert closed
assert (g.call.taken() & FG(node="provider")) == ["good", "bad"]
before = g.call.taken() & FG(node="second")
assert (g.call.taken() & FG(node="second")) == before
g.stop()
