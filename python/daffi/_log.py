"""The one logger of the package, and what the runtime tells through it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import GlobalContextError

if TYPE_CHECKING:
    from daffi._daffi import AsyncResult

logger: Final = logging.getLogger("daffi")


def waiting(what: str, *, is_long: bool) -> None:
    """Say what the start of this process waits for. Called by the seam: at the first failure, and after a moment.

    A long wait is a warning, which is seen though nobody has set up logging.
    """
    logger.log(logging.WARNING if is_long else logging.INFO, "%s", what)


def log_failed_run(func_name: str, task: bytes, error: BaseException) -> None:
    """Say that a run of a scheduled task failed. Called by the seam where it ran, and where it was scheduled."""
    from uuid import UUID  # noqa: PLC0415 - slow to import, and few processes schedule anything

    logger.error(
        "a scheduled run of %s failed, task %s: %s",
        func_name,
        UUID(bytes=bytes(task)),
        error,
        exc_info=error,
    )


def log_failure(result: AsyncResult[Any]) -> None:
    """Say that a call failed whose result nobody wants. Called by the seam."""
    error = result.error
    if error is None:
        return
    # A call that was sent fails like this only when its own process stops: nothing has gone wrong, and the callback
    # may well run.
    of_our_stop = isinstance(error, GlobalContextError)
    logger.log(
        logging.DEBUG if of_our_stop else logging.ERROR,
        "%s failed, and nobody waits for it: %s",
        result.func_name,
        error,
        exc_info=error,
    )
