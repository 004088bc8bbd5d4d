"""An error of daffi that a callback raises is told from one of the call."""

from place import meet_provider, raises

import daffi
from daffi import FG, RemoteCallError

g = meet_provider()
for name in (
    "GlobalContextError",
    "InitializationError",
    "CallCancelled",
    "TimeoutError",
    "RemoteStoppedUnexpectedly",
    "UnableToFindCandidate",
    "DaffiError",
):
    for raising in (g.call.raise_of_daffi, g.call.raise_of_daffi_async):
        with raises(RemoteCallError) as caught:
            raising(name) & FG
        assert isinstance(caught.error, getattr(daffi, name)), repr(caught.error)
        assert "of the callback's own" in str(caught.error)
        assert caught.error.remote_process == "provider"
g.stop()
