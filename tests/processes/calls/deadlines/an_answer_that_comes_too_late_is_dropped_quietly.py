"""An answer that comes too late is dropped quietly."""

import logging
import sys
import warnings

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG

g = meet_provider()
modifier = sys.argv[1]
warnings.simplefilter("always")
logging.basicConfig(level=logging.WARNING, force=True)
logging.getLogger("daffi").setLevel(logging.WARNING)
result = None
if modifier == "BROADCAST":
    values = g.call.late(0.4, bytes(200_000)) & BROADCAST(timeout=0.1, return_result=True)
    assert isinstance(values["provider"], TimeoutError)
else:
    with raises(TimeoutError):
        result = g.call.late(0.4, bytes(200_000)) & {"FG": FG, "BG": BG}[modifier](timeout=0.1)
        result.get()
# The one that is waited for comes after it, on the same way.
assert (g.call.late(0.6, "in time") & FG(timeout=20)) == "in time"
if result is not None:
    with raises(TimeoutError):
        result.get()
    assert isinstance(result.error, TimeoutError)
g.stop()
