"""Which call a task of the callback loop is running, and how calls come there."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from daffi._daffi import CallQueue, Outlet


class WayBack(Protocol):
    """A `Responder`, or what stands in its place for work that answers by itself."""

    @property
    def wants_value(self) -> bool:
        """Whether the caller wants the value; where not, a generator is to run to its end."""
        ...

    def begin(self) -> bool:
        """Ask whether the call is to run at all; False where it is answered already."""
        ...

    def reply(self, value: object, /) -> None:
        """Answer with the value."""

    def fail(self, error: BaseException, /) -> None:
        """Answer with what was raised."""

    def on_cancel(self, queue: CallQueue, cancel: Callable[[], object], /) -> None:
        """Have the loop of this queue call `cancel` when nobody waits for the answer any more."""


PreparedCall = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], WayBack]
"""What a loop is to start: function, arguments, keywords, way back."""

running: Final[ContextVar[WayBack | Outlet | None]] = ContextVar("daffi_running", default=None)
"""The way back of the call that this task answers, or of the items that it gives; read by the seam."""
