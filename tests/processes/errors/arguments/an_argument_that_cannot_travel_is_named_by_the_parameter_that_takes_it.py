"""An argument that cannot travel is named by the parameter that takes it."""

import threading

from place import meet_provider, raises

from daffi import FG, SerializationError

g = meet_provider()
for call, argument in [
    (lambda lock: g.call.keep("a", lock), "argument 'values' (position 2)"),
    (lambda lock: g.call.keep("a", 1, lock), "argument 'values' (position 3)"),
    (lambda lock: g.call.keep("a", ttl=lock), "argument 'ttl'"),
]:
    with raises(SerializationError) as caught:
        call(threading.Lock()) & FG
    assert argument in str(caught.error), caught.error
g.stop()
