"""The one logger of the package, and what the runtime tells through it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from daffi._daffi import AsyncResult

logger: Final = logging.getLogger("daffi")


def waiting(what: str) -> None:
    """Say what the start of this process waits for. Called by the seam, at most once a second."""
    logger.info("%s", what)


def log_failure(result: AsyncResult[Any]) -> None:
    """Say that a call failed whose result nobody wants. Called by the seam."""
    if (error := result.error) is not None:
        logger.error(
            "%s failed, and nobody waits for it: %s", result.func_name, error, exc_info=error
        )
