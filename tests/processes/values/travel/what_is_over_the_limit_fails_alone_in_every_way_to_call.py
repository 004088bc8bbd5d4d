"""What is over the limit fails alone in every way to call."""

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM, SerializationError

g = meet_provider()
large = bytes(2 << 20)
ways = [
    lambda: g.call.take(large) & FG,
    lambda: (g.call.take(large) & BG).get(),
    lambda: g.call.take(large) & NO_RETURN,
    lambda: g.call.take([1, large]) & STREAM,
    lambda: g.call.take(large) & PERIOD(interval=1),
    lambda: g.transfer_and_call("provider", len, large),
    lambda: g.transfer_and_call("provider", lambda: large),
    lambda: g.call.make(2 << 20) & FG,
    lambda: (g.call.make(2 << 20) & BG).get(),
    lambda: list(g.call.make_each(1, 2 << 20) & FG),
]
held = g.call.make(10) & BG(eta="1s")
for number, way in enumerate(ways):
    with raises(SerializationError) as caught:
        way()
    assert "max_message" in str(caught.error), (number, caught.error)
values = g.call.make(2 << 20) & BROADCAST(return_result=True)
assert isinstance(values["provider"], SerializationError)
assert held.get() == bytes(10)
g.stop()
