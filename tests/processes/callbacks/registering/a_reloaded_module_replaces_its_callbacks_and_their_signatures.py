"""A reloaded module replaces its callbacks and their signatures."""

import time

from place import meet_provider, raises

from daffi import GlobalContextError

g = meet_provider()
assert g.call.teach("word").fg() == "old word"
assert g.call.subject().fg() == "old"
before = g.registered_callbacks
g.call.reload().fg()
deadline = time.monotonic() + 20
while True:
    try:
        assert g.call.teach("word", language="it").fg() == "new word it"
        assert g.call.subject(1).fg() == ("new", 1)
        break
    except GlobalContextError:
        assert time.monotonic() < deadline, "the new signatures never arrived"
assert g.registered_callbacks == before
with raises(GlobalContextError):
    g.call.subject().fg()
g.stop()
