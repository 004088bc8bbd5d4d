"""What cannot travel says so."""

import threading

from place import meet_provider, raises

from daffi import GlobalContextError, SerializationError

g = meet_provider()
lock = threading.Lock()
with raises(SerializationError) as caught:
    g.transfer_and_call("provider", lambda: lock)
assert "func" in str(caught.error) and "lock" in str(caught.error)
with raises(SerializationError):
    g.transfer_and_call("provider", print, lock)
with raises(SerializationError):
    g.transfer_and_call("provider", threading.Lock)
with raises(GlobalContextError):
    g.transfer_and_call("provider", print, g)
g.stop()
