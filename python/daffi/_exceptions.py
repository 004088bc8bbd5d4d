"""The exceptions of daffi. How one that a remote function raises travels is in `_wire.remote_errors`.

DaffiError
├─ InitializationError          wrong use: settings, decorators, modifiers
│  ├─ UnknownNameError          an argument has a name that there is not; also a TypeError
│  ├─ UncalledError             an attribute was asked of a fetcher; also an AttributeError
│  └─ UnsentError               an attribute was asked of a call without a modifier; also an AttributeError
├─ GlobalContextError           the call cannot be made here and now
│  └─ UnansweredError           without a Global nobody knows what others offer; also an AttributeError
├─ RemoteCallError              the remote function raised; also an instance of what it raised
│  └─ UnknownTaskError          there is no scheduled task of this uuid
├─ TimeoutError                 also the builtin TimeoutError
├─ UnableToFindCandidate        the node or callback vanished before the call was sent
├─ RemoteStoppedUnexpectedly    the node died while the call was under way; also a ConnectionError
├─ Overloaded                   a bound was reached; the call has not run
├─ CallCancelled                cancelled by the caller
└─ SerializationError           an argument or a result could not travel
"""

from __future__ import annotations

import builtins
from typing import Any, Protocol


class DaffiError(Exception):
    """Whatever daffi raises itself."""


class InitializationError(DaffiError):
    """Wrong use: settings, decorators, modifiers."""


class UnknownNameError(InitializationError, TypeError):
    """Something is given by a name that there is not, which Python itself calls a `TypeError`."""


class UncalledError(InitializationError, AttributeError):
    """A name was used like a call of it."""


class UnsentError(InitializationError, AttributeError):
    """An attribute of the value was asked of the call."""


class GlobalContextError(DaffiError):
    """The call cannot be made here and now."""


class UnansweredError(GlobalContextError, AttributeError):
    """Where there is no Global, nobody knows what others offer."""


class RemoteRecord(Protocol):
    """What a `RemoteCallError` keeps of the error at the other process: see `_wire.remote_errors.Record`."""

    @property
    def lineage(self) -> list[tuple[str, str]]:
        """Module and qualified name of its class and of the bases below Exception, nearest first."""
        ...

    @property
    def message(self) -> str:
        """Its text, made where it was raised."""
        ...

    def reduced(self, process: str | None, /) -> tuple[Any, ...]:
        """What a pickle makes the error of again."""
        ...


class RemoteCallError(DaffiError):
    """The remote function raised.

    What is raised at the caller is also an instance of the class that the remote function raised, or of its nearest
    base that can be imported here, with the same attributes. Its cause shows the remote traceback.

    Attributes:
        remote_process: the name of the process that raised, or None where that is not known.
        remote_type: the name of the class that was raised there.
        remote_traceback: the traceback of that process, as text.
    """

    remote_process: str | None = None
    remote_type: str = ""
    remote_traceback: str = ""
    _record: RemoteRecord | None = None

    def __str__(self) -> str:
        if self._record is None:
            return super().__str__()
        # The text made where it was raised: a `__str__` of the class itself may need what did not travel.
        message, lineage = self._record.message, self._record.lineage
        own = (RemoteCallError.__module__, RemoteCallError.__qualname__)
        if type(self) is not RemoteCallError or not lineage or lineage[0] == own:
            return message
        # The class here does not say what was raised.
        return f"{self.remote_type}: {message}" if message else self.remote_type

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}({str(self)!r})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self._record is None:
            return super().__reduce__()
        return self._record.reduced(self.remote_process)


class UnknownTaskError(RemoteCallError):
    """No task of this uuid is known there."""


class TimeoutError(DaffiError, builtins.TimeoutError):  # noqa: A001 - the name users look for; it is the builtin one too
    """The call took longer than it was given."""


class UnableToFindCandidate(DaffiError):  # noqa: N818 - a name users write
    """The node or the callback vanished before the call was sent."""


class RemoteStoppedUnexpectedly(DaffiError, ConnectionError):  # noqa: N818 - a name users write
    """The node died while the call was under way; the callback may have run."""


class Overloaded(DaffiError):  # noqa: N818 - a name users write
    """A bound on calls or bytes was reached, here or at the other process.

    The call has not run, so it may be made again.
    """


class CallCancelled(DaffiError):  # noqa: N818 - a name users write
    """The call was cancelled by its caller."""


class SerializationError(DaffiError):
    """An argument or a result could not travel; the message names the value's path."""


class RemoteTraceback(Exception):  # noqa: N818 - no error: it carries the text of one
    """The cause of a `RemoteCallError`: what the remote process would have printed."""

    def __str__(self) -> str:
        return "".join(str(part) for part in self.args)
