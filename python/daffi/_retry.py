"""`RetryPolicy`: when a call that failed is made again. The arithmetic is tenacity's."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daffi._daffi import AsyncResult, Fetcher, inherit
from daffi._durations import seconds
from daffi._exceptions import InitializationError

if TYPE_CHECKING:
    from collections.abc import Callable

    import tenacity

    from daffi._daffi import Plan
    from daffi._durations import Duration

Errors = type[BaseException] | tuple[type[BaseException], ...] | list[type[BaseException]]


@dataclass(frozen=True)
class RetryPolicy:
    """Which failures of a call are worth another attempt, and how often.

    A call that may have run is run again only because this says so.

    Args:
        acceptable_errors: one class of errors or several; subclasses count. None: any error of the call.
        stop_after_attempt: how many attempts there are in all; None sets no limit.
        stop_after_delay: how long after the first attempt no other begins; None sets no limit.
        wait: how long to wait between two attempts, 5 s unless given.
        str_expression: only errors whose text contains this.

    Raises:
        InitializationError: neither limit is set, or a class is none of errors.
        GlobalContextError: a duration cannot be read.
    """

    acceptable_errors: Errors | None = None
    stop_after_attempt: int | None = None
    stop_after_delay: Duration = None
    wait: Duration = 5
    str_expression: str | None = None

    def __post_init__(self) -> None:
        for kind in self._classes():
            if not (isinstance(kind, type) and issubclass(kind, BaseException)):  # pyright: ignore[reportUnnecessaryIsInstance] - checked for those without a type checker
                raise InitializationError(
                    f"acceptable_errors are classes of errors, not this: {kind!r}"
                )
        if self.stop_after_attempt is not None and self.stop_after_attempt < 1:
            raise InitializationError(
                f"stop_after_attempt is 1 or more: {self.stop_after_attempt}\nhint: 1 makes no second attempt"
            )
        seconds(self.stop_after_delay)
        seconds(self.wait)

    def _classes(self) -> tuple[type[BaseException], ...]:
        wanted = self.acceptable_errors
        if wanted is None:
            return (Exception,)
        return tuple(wanted) if isinstance(wanted, (tuple, list)) else (wanted,)

    def is_worth(self, error: BaseException) -> bool:
        """Whether a call that failed like this is made again."""
        text = self.str_expression
        return isinstance(error, self._classes()) and (text is None or text in str(error))

    def attempts(self, is_over: threading.Event | None = None) -> tenacity.Retrying:
        """What runs a function until it succeeds or the policy says stop; the last error is raised.

        `is_over` ends the waits between attempts, and the attempts.
        """
        import tenacity  # noqa: PLC0415 - slow to import, and few calls have a policy

        stop: Any = tenacity.stop_never
        if self.stop_after_attempt is not None:
            stop = tenacity.stop_after_attempt(self.stop_after_attempt)
        if self.stop_after_delay is not None:
            after = tenacity.stop_after_delay(seconds(self.stop_after_delay))
            stop = after if self.stop_after_attempt is None else tenacity.stop_any(stop, after)
        sleep = tenacity.nap.sleep
        if is_over is not None:
            stop = tenacity.stop_any(stop, tenacity.stop_when_event_set(is_over))
            sleep = tenacity.sleep_using_event(is_over)
        return tenacity.Retrying(
            sleep=sleep,
            stop=stop,
            wait=tenacity.wait_fixed(seconds(self.wait)),
            retry=tenacity.retry_if_exception(self.is_worth),
            reraise=True,
        )


def foreground(
    policy: RetryPolicy, name: str, once: Plan, args: tuple[Any, ...], kwargs: dict[str, Any] | None
) -> Any:
    """Make a call until it gives a value or the policy says stop. Called by the seam."""
    call: Fetcher[..., Any] = Fetcher(name, once)
    return policy.attempts()(call, *args, **(kwargs or {}))


def background(
    policy: RetryPolicy, name: str, once: Plan, args: tuple[Any, ...], kwargs: dict[str, Any] | None
) -> AsyncResult[Any]:
    """The same in a thread of its own, which ends with the call. Called by the seam."""
    attempts = _Attempts(policy, name)
    call: Fetcher[..., AsyncResult[Any]] = Fetcher(name, once)
    attempts.start(lambda: call(*args, **(kwargs or {})))
    return attempts.result


class _Attempts:
    """The attempts at one call, one after the other, until one is good or nobody wants the result any more."""

    def __init__(self, policy: RetryPolicy, name: str) -> None:
        self.result, self._settle = AsyncResult.promise(name)
        self._policy = policy
        self._attempt: AsyncResult[Any] | None = None
        self._is_over = threading.Event()

    def start(self, attempt: Callable[[], AsyncResult[Any]]) -> None:
        self.result.add_done_callback(self._over)
        # A callback that makes the call hands on its deadline.
        inherited = inherit()

        def run() -> None:
            inherited.adopt()
            self._run(attempt)

        threading.Thread(target=run, name="daffi-retry", daemon=True).start()

    def _run(self, attempt: Callable[[], AsyncResult[Any]]) -> None:
        try:
            value = self._policy.attempts(self._is_over)(self._once, attempt)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is looked at
            self._settle(None, error)
        else:
            self._settle(value, None)

    def _once(self, attempt: Callable[[], AsyncResult[Any]]) -> Any:
        self._attempt = attempt()
        # Set first and looked at after, as `_over` does it the other way round: one of the two sees the other.
        if self._is_over.is_set():
            self._attempt.cancel()
        return self._attempt.get()

    def _over(self, _: AsyncResult[Any]) -> None:
        self._is_over.set()
        if self._attempt is not None:
            self._attempt.cancel()
