"""What cannot travel fails alone in every way to call."""

import threading

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM, SerializationError

g = meet_provider()
lock = [threading.Lock()]
ways = [
    lambda: g.call.take(lock) & FG,
    lambda: g.call.take(item=lock) & FG,
    lambda: g.call.take(lock) & BG,
    lambda: g.call.take(lock) & NO_RETURN,
    lambda: g.call.take([1, lock]) & STREAM,
    lambda: g.call.take(lock) & PERIOD(interval=1),
    lambda: g.call.take(lock) & BROADCAST,
    lambda: g.call.take(lock) & BROADCAST(return_result=True),
    lambda: g.transfer_and_call("provider", len, lock),
]
held = g.call.make(10) & BG(eta="500ms")
for number, way in enumerate(ways):
    with raises(SerializationError) as caught:
        way()
    assert "at [0]" in str(caught.error), (number, caught.error)
assert held.get() == bytes(10)
g.stop()
