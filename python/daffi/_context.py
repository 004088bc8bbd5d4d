"""Which call a task of the callback loop is running."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from daffi._daffi import Outlet, Responder

running: Final[ContextVar[Responder | Outlet | None]] = ContextVar("daffi_running", default=None)
"""The way back of the call that this task answers, or of the items that it gives; read by the seam."""
