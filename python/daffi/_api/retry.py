"""`RetryPolicy`: when a call that failed is made again. The arithmetic is tenacity's."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from daffi._daffi import AsyncResult, in_vain, inherit
from daffi._exceptions import (
    CallCancelled,
    DaffiError,
    GlobalContextError,
    InitializationError,
    Overloaded,
    RemoteCallError,
    UnableToFindCandidate,
)
from daffi._input.durations import seconds
from daffi._input.quoted import quoted
from daffi._input.unknown_names import with_known_fields
from daffi._log import calls
from daffi._process import current_global, forked_child

if TYPE_CHECKING:
    from collections.abc import Callable

    import tenacity

    from daffi._input.durations import Duration

SLICE: Final = 0.1
"""How often the wait for another attempt asks whether anyone still wants it, in seconds; like every other wait."""

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

    def attempts(self, is_over: Callable[[], bool], name: str = "a call") -> tenacity.Retrying:
        """What runs a function until it succeeds, the policy says stop, or `is_over`; the last error is raised.

        `name` is what the log calls it.
        """
        _import_tenacity()  # slow to import, and few calls have a policy
        import tenacity  # noqa: PLC0415

        def over(_: object) -> bool:
            return is_over()

        stops: list[Any] = [over]
        if self.stop_after_attempt is not None:
            stops.append(tenacity.stop_after_attempt(self.stop_after_attempt))
        if limit := seconds(self.stop_after_delay):
            stops.append(tenacity.stop_after_delay(limit))
        return tenacity.Retrying(
            sleep=lambda length: _sleep(length, is_over),
            stop=tenacity.stop_any(*stops),
            wait=tenacity.wait_fixed(seconds(self.wait)),
            retry=tenacity.retry_if_exception(self.is_worth),
            before_sleep=functools.partial(_log_retry, name),
            reraise=True,
        )


def _import_tenacity() -> None:
    """Import it whole or not at all.

    Where Ctrl+C ends its import, Python forgets the package and keeps its parts, and the next import fails for ever.
    """
    had = set(sys.modules)
    try:
        importlib.import_module("tenacity")
    except BaseException:
        for name in set(sys.modules) - had:
            if name.partition(".")[0] == "tenacity":
                sys.modules.pop(name, None)
        raise


def _log_retry(name: str, state: tenacity.RetryCallState) -> None:
    outcome, action = state.outcome, state.next_action
    error = None if outcome is None else outcome.exception()
    wait = 0.0 if action is None else action.sleep
    calls.info(
        "%s: attempt %d failed, the next in %g s: %s: %s",
        name,
        state.attempt_number,
        wait,
        type(error).__name__,
        error,
        extra={"daffi": {"func_name": name, "attempt": state.attempt_number, "wait": wait}},
    )


def _sleep(length: float, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + length
    while (left := until - time.monotonic()) > 0 and not is_over():
        time.sleep(min(left, SLICE))


def _stopping() -> Callable[[], bool]:
    """Whether the Global that is there now has stopped since, or the callback that calls is no longer waited for."""
    try:
        g = current_global.get()
    except InitializationError:  # it stops already; the first attempt says so
        return lambda: True
    return lambda: not g.is_running or in_vain()


def foreground(policy: RetryPolicy, name: str, attempt: Callable[[], Any]) -> Any:
    """Make a call until it gives a value, the policy says stop, or the Global stops. Called by the seam."""
    return policy.attempts(_stopping(), name)(attempt)


def background(
    policy: RetryPolicy, name: str, attempt: Callable[[], AsyncResult[Any]]
) -> AsyncResult[Any]:
    """The same in a thread of its own, which ends with the call, also when that is cancelled. Called by the seam."""
    result, settle = AsyncResult.promise(name)
    _Attempts(policy, name, settle).start(attempt, result)
    return result


class _Attempts:
    """The attempts at one call, one after the other, until one is good or nobody wants the result any more.

    They do not hold the result: the traceback of its error holds them.
    """

    def __init__(
        self, policy: RetryPolicy, name: str, settle: Callable[[Any, BaseException | None], None]
    ) -> None:
        self._policy = policy
        self._name = name
        self._settle = settle
        self._attempt: AsyncResult[Any] | None = None
        self._is_over = threading.Event()
        self._is_stopped = _stopping()

    def start(self, attempt: Callable[[], AsyncResult[Any]], result: AsyncResult[Any]) -> None:
        result.when_done(self._over)
        # A callback that makes the call hands on its deadline.
        inherited = inherit()

        def run() -> None:
            inherited.adopt()
            self._run(attempt)

        threading.Thread(target=run, name="daffi-retry", daemon=True).start()

    def _run(self, attempt: Callable[[], AsyncResult[Any]]) -> None:
        pid = os.getpid()
        value, failed = None, None
        try:
            value = self._policy.attempts(self._is_done, self._name)(self._once, attempt)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is looked at
            failed = error
        if os.getpid() != pid:
            # A log handler has forked, and its child comes back: the result is the parent's.
            forked_child.end(None if isinstance(failed, DaffiError) else failed)
        try:
            self._settle(value, failed)
        finally:
            del failed  # its traceback holds this frame

    def _is_done(self) -> bool:
        return self._is_over.is_set() or self._is_stopped()

    def _once(self, attempt: Callable[[], AsyncResult[Any]]) -> Any:
        if self._is_over.is_set():  # cancelled during the wait
            raise CallCancelled(self._name)
        self._attempt = attempt()
        # Set first and looked at after, as `_over` does it the other way round: one of the two sees the other.
        if self._is_over.is_set():
            self._attempt.cancel()
        return self._attempt.get()

    def _over(self, _: AsyncResult[Any]) -> None:
        self._is_over.set()
        if self._attempt is not None:
            self._attempt.cancel()
