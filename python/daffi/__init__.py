"""Call a function in another process by its name: the public names of daffi."""

from daffi._api.callback import callback
from daffi._api.callback_and_fetcher import callback_and_fetcher
from daffi._api.fetcher import __body_unknown__, fetcher
from daffi._api.modifiers import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM
from daffi._api.retry import RetryPolicy
from daffi._api.scheduled_task import ScheduledTask
from daffi._api.unsent import refuse_misuse as _refuse_misuse
from daffi._daffi import AsyncResult, RemoteStream, cancelled
from daffi._exceptions import (
    CallCancelled,
    DaffiError,
    GlobalContextError,
    InitializationError,
    Overloaded,
    RemoteCallError,
    RemoteStoppedUnexpectedly,
    SerializationError,
    UnableToFindCandidate,
)
from daffi._exceptions import TimeoutError as TimeoutError  # noqa: A004 - see below
from daffi._global import Global, get_g
from daffi._registering.alias import alias, local
from daffi._seam import register as _register

# Without `TimeoutError`: a star import would replace the builtin one, and `except TimeoutError` would no longer catch
# what `asyncio.timeout` raises. The builtin name catches both.
__all__ = [
    "BG",
    "BROADCAST",
    "FG",
    "NO_RETURN",
    "PERIOD",
    "STREAM",
    "AsyncResult",
    "CallCancelled",
    "DaffiError",
    "Global",
    "GlobalContextError",
    "InitializationError",
    "Overloaded",
    "RemoteCallError",
    "RemoteStoppedUnexpectedly",
    "RemoteStream",
    "RetryPolicy",
    "ScheduledTask",
    "SerializationError",
    "UnableToFindCandidate",
    "__body_unknown__",
    "alias",
    "callback",
    "callback_and_fetcher",
    "cancelled",
    "fetcher",
    "get_g",
    "local",
]

_register()
_refuse_misuse()

# Tracebacks and `repr` say `daffi.Global`, the name to import it by.
for _public in [TimeoutError, *(globals()[name] for name in __all__)]:
    _public.__module__ = "daffi"
