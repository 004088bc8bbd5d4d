"""`RetryPolicy`: which failures of a call are worth another attempt, and how often. The seam makes the attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from daffi._exceptions import (
    GlobalContextError,
    InitializationError,
    Overloaded,
    RemoteCallError,
    UnableToFindCandidate,
)
from daffi._input.durations import Duration, seconds
from daffi._input.quoted import quoted
from daffi._input.unknown_names import with_known_fields
from daffi._log import calls

MOST_ATTEMPTS: Final = 2**63 - 1
"""More than anybody lives to see, and what the seam can count."""

NOT_RUN: Final = (Overloaded, UnableToFindCandidate, GlobalContextError)
"""Errors that say of a call that it has not run. Out of a callback they say it of a call that the callback made."""

Errors = type[BaseException] | tuple[type[BaseException], ...] | list[type[BaseException]]


@with_known_fields
@dataclass(frozen=True)
class RetryPolicy:
    """Which failures of a call are worth another attempt, and how often.

    A call that may have run is run again only because this says so.

    An error that the callback raised is a `RemoteCallError`, also where it is an `Overloaded`, `UnableToFindCandidate`
    or `GlobalContextError` of a call that the callback made. The callback has run, so these three classes do not name
    it; `RemoteCallError` does.

    Args:
        acceptable_errors: one class of errors or several; subclasses count. None: any error of the call.
        stop_after_attempt: how many attempts there are in all; None sets no limit.
        stop_after_delay: how long after the first attempt no other begins; None and 0 set no limit.
        wait: how long to wait between two attempts, 5 s unless given.
        str_expression: only errors whose text contains this.

    Raises:
        InitializationError: a class is none of errors, there is none at all, `stop_after_attempt` is no number of
            attempts, or `str_expression` is no text.
        GlobalContextError: a duration cannot be read.
    """

    acceptable_errors: Errors | None = None
    stop_after_attempt: int | None = None
    stop_after_delay: Duration = None
    wait: Duration = 5
    str_expression: str | None = None

    def __post_init__(self) -> None:
        if not self._classes():
            raise InitializationError(
                f"acceptable_errors are one class of errors or several, not none: {self.acceptable_errors!r}\n"
                "hint: None accepts any error; without a policy no call is made again"
            )
        for kind in self._classes():
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):  # pyright: ignore[reportUnnecessaryIsInstance] - checked for those without a type checker
                raise InitializationError(
                    f"acceptable_errors are classes of errors, not this: {quoted(kind)}"
                )
        attempts = self.stop_after_attempt
        is_number = isinstance(attempts, int) and not isinstance(attempts, bool)
        if attempts is not None and not (is_number and attempts >= 1):
            raise InitializationError(
                f"stop_after_attempt is a number, 1 or more: {quoted(attempts)}\nhint: 1 makes no second attempt"
            )
        text = self.str_expression
        if text is not None and not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] - as above
            raise InitializationError(f"str_expression is a text, not this: {quoted(text)}")
        seconds(self.stop_after_delay)
        seconds(self.wait)

    def _classes(self) -> tuple[type[BaseException], ...]:
        wanted = self.acceptable_errors
        if wanted is None:
            return (Exception,)
        return tuple(wanted) if isinstance(wanted, (tuple, list)) else (wanted,)

    def is_worth(self, error: BaseException) -> bool:
        """Whether a call that failed like this is made again."""
        kinds = self._classes()
        if isinstance(error, RemoteCallError):
            kinds = tuple(kind for kind in kinds if kind not in NOT_RUN)
        text = self.str_expression
        return isinstance(error, kinds) and (text is None or text in str(error))

    def _rule(self) -> tuple[int | None, float, float]:
        """How many attempts at most, how long after the first, and how long between two, in seconds; 0 sets no limit.

        Asked by the seam.
        """
        attempts = self.stop_after_attempt
        if attempts is not None:
            attempts = min(attempts, MOST_ATTEMPTS)
        return attempts, seconds(self.stop_after_delay), seconds(self.wait)


def log_retry(name: str, attempt: int, wait: float, error: BaseException) -> None:
    """Tell people that a call is made again. Called by the seam."""
    calls.info(
        "%s: attempt %d failed, the next in %g s: %s: %s",
        name,
        attempt,
        wait,
        type(error).__name__,
        error,
        extra={"daffi": {"func_name": name, "attempt": attempt, "wait": wait}},
    )
