"""How to run a call and how to wait for it: what stands right of the `&`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, TypeVar, overload

from daffi._daffi import Plan
from daffi._exceptions import InitializationError
from daffi._input.durations import seconds
from daffi._input.names import checked
from daffi._input.points_in_time import stamps
from daffi._input.quoted import quoted
from daffi._input.unknown_names import with_known_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daffi._api.retry import RetryPolicy
    from daffi._input.durations import Duration
    from daffi._input.points_in_time import Moment

_CRON: Final = re.compile(r"\s*(@\w+|([\w*?/,#-]+\s+){4,5}[\w*?/,#-]+)\s*")
"""Five or six fields, or a name like `@daily`."""

Wanted = TypeVar("Wanted", bound=bool)
"""For type checkers: whether the result of the call, or of each process, is given."""


@with_known_fields
@dataclass(frozen=True)
class FG:
    """Run the call in the foreground: wait for its value.

    Class and instance alike: `call & FG`, `call & FG(timeout=5)`.

    Args:
        timeout: how long to wait, in seconds, as a timedelta or as text like "1m30s"; None and 0 mean for ever.
        retry_policy: when a call that failed is made again; None never.
        node: the name of the one process to call; None lets daffi choose.

    Raises:
        InitializationError: `node` is no name.
        GlobalContextError: `timeout` is negative or cannot be read.
    """

    timeout: Duration = None
    retry_policy: RetryPolicy | None = None
    node: str | None = None

    _plan: ClassVar[Plan] = Plan("fg")

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "_plan",
            Plan(
                "fg",
                nodes=_node(self.node),
                timeout=seconds(self.timeout),
                retry=_policy(self.retry_policy),
            ),
        )


@with_known_fields
@dataclass(frozen=True)
class BG(Generic[Wanted]):
    """Run the call in the background: go on at once with an `AsyncResult`.

    Args:
        timeout: how long the call may take, counted after `eta`; None and 0 mean for ever.
        eta: how long the other process waits before it runs the callback.
        retry_policy: when a call that failed is made again; None never.
        return_result: False gives None in place of the `AsyncResult`, and a failure is logged.
        no_return: True is the old spelling of `return_result=False`.
        node: the name of the one process to call; None lets daffi choose.

    Raises:
        InitializationError: `node` is no name, a switch neither True nor False.
        GlobalContextError: a duration is negative or cannot be read.
    """

    timeout: Duration = None
    eta: Duration = None
    retry_policy: RetryPolicy | None = None
    return_result: bool = True
    no_return: bool = False
    node: str | None = None

    _plan: ClassVar[Plan] = Plan("bg")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BG[Literal[False]],
            timeout: Duration = None,
            eta: Duration = None,
            retry_policy: RetryPolicy | None = None,
            *,
            return_result: Literal[False],
            no_return: bool = False,
            node: str | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: BG[Literal[False]],
            timeout: Duration = None,
            eta: Duration = None,
            retry_policy: RetryPolicy | None = None,
            return_result: bool = True,  # noqa: FBT001, FBT002 - the fourth field, as at runtime
            *,
            no_return: Literal[True],
            node: str | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: BG[Literal[True]],
            timeout: Duration = None,
            eta: Duration = None,
            retry_policy: RetryPolicy | None = None,
            return_result: Literal[True] = True,  # noqa: FBT002 - as above
            no_return: Literal[False] = False,  # noqa: FBT002 - as above
            node: str | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: BG[bool],
            timeout: Duration = None,
            eta: Duration = None,
            retry_policy: RetryPolicy | None = None,
            return_result: bool = True,  # noqa: FBT001, FBT002 - as above
            no_return: bool = False,  # noqa: FBT001, FBT002 - as above
            node: str | None = None,
        ) -> None: ...
        def __init__(self, *_args: Any, **_fields: Any) -> None: ...

    def __post_init__(self) -> None:
        _check_switch("return_result", self.return_result)
        _check_switch("no_return", self.no_return)
        kind = "bg" if self.return_result and not self.no_return else "no_return"
        plan = Plan(
            kind,
            nodes=_node(self.node),
            timeout=seconds(self.timeout),
            eta=seconds(self.eta),
            retry=_policy(self.retry_policy),
        )
        object.__setattr__(self, "_plan", plan)


@with_known_fields
@dataclass(frozen=True)
class BROADCAST(Generic[Wanted]):
    """Run the call in every process that offers it.

    Args:
        eta: how long the other processes wait before they run the callback.
        timeout: how long the calls may take, counted after `eta`; None and 0 mean for ever.
        return_result: True waits and gives `{process: value}`, where the value of a process that failed is the error;
            False gives None at once, and failures are logged.
        retry_policy: when a call that failed is made again, for each process by itself; None never.
        node: the names of the processes to call, one or several; None means all.

    Raises:
        InitializationError: `node` is neither a name nor several, `return_result` neither True nor False.
        GlobalContextError: a duration is negative or cannot be read.
    """

    eta: Duration = None
    timeout: Duration = None
    return_result: bool = False
    retry_policy: RetryPolicy | None = None
    node: str | Sequence[str] | None = None

    _plan: ClassVar[Plan] = Plan("broadcast")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BROADCAST[Literal[True]],
            eta: Duration = None,
            timeout: Duration = None,
            *,
            return_result: Literal[True],
            retry_policy: RetryPolicy | None = None,
            node: str | Sequence[str] | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: BROADCAST[Literal[False]],
            eta: Duration = None,
            timeout: Duration = None,
            return_result: Literal[False] = False,  # noqa: FBT002 - the third field, as at runtime
            retry_policy: RetryPolicy | None = None,
            node: str | Sequence[str] | None = None,
        ) -> None: ...
        @overload
        def __init__(
            self: BROADCAST[bool],
            eta: Duration = None,
            timeout: Duration = None,
            return_result: bool = False,  # noqa: FBT001, FBT002 - as above
            retry_policy: RetryPolicy | None = None,
            node: str | Sequence[str] | None = None,
        ) -> None: ...
        def __init__(self, *_args: Any, **_fields: Any) -> None: ...

    def __post_init__(self) -> None:
        _check_switch("return_result", self.return_result)
        plan = Plan(
            "gather" if self.return_result else "broadcast",
            nodes=_nodes(self.node),
            timeout=seconds(self.timeout),
            eta=seconds(self.eta),
            retry=_policy(self.retry_policy),
        )
        object.__setattr__(self, "_plan", plan)


@with_known_fields
@dataclass(frozen=True)
class NO_RETURN:  # noqa: N801 - the name users write
    """Run the call and forget it: no value comes back, and a failure is logged here.

    Args:
        eta: how long the other process waits before it runs the callback.
        node: the name of the one process to call; None lets daffi choose.

    Raises:
        InitializationError: `node` is no name.
        GlobalContextError: `eta` is negative or cannot be read.
    """

    eta: Duration = None
    node: str | None = None

    _plan: ClassVar[Plan] = Plan("no_return")

    def __post_init__(self) -> None:
        plan = Plan("no_return", nodes=_node(self.node), eta=seconds(self.eta))
        object.__setattr__(self, "_plan", plan)


@with_known_fields
@dataclass(frozen=True)
class STREAM:
    """Call once for each item of the one argument, in every other process that offers the callback.

    The argument is any iterable or async iterable, of any length. Gives None when every receiver has taken the last
    item; in a running event loop, something to await. The slowest receiver holds back the items to come.

    Args:
        timeout: how long the whole stream may take; None and 0 mean for ever.
        node: the name of the one process to stream to, or several in a list; None means all.

    Raises:
        InitializationError: `node` is neither a name nor several.
        GlobalContextError: `timeout` is negative or cannot be read.
    """

    timeout: Duration = None
    node: str | Sequence[str] | None = None

    _plan: ClassVar[Plan] = Plan("stream")

    def __post_init__(self) -> None:
        plan = Plan("stream", nodes=_nodes(self.node), timeout=seconds(self.timeout))
        object.__setattr__(self, "_plan", plan)


@with_known_fields
@dataclass(frozen=True)
class PERIOD:
    """Have the call run by another process when its time has come, and go on at once with a `ScheduledTask`.

    Exactly one of the first two is given.

    Args:
        at_time: one or several points in time: seconds since 1970, or datetimes. Each is one run.
        interval: the time between runs, of which the first comes when it has passed once.
        node: the name of the process that is to keep the task; None lets daffi choose.

    Raises:
        InitializationError: both or neither are given, a point in time has passed, the interval is not above zero,
            `node` is no name.
        GlobalContextError: the interval cannot be read.
    """

    at_time: Moment | Iterable[Moment] | None = None
    interval: Duration = None
    node: str | None = None

    # Without its times it is no modifier yet.
    _plan: ClassVar[Plan | None] = None

    if TYPE_CHECKING:

        @overload
        def __init__(
            self, at_time: Moment | Iterable[Moment], *, node: str | None = None
        ) -> None: ...
        @overload
        def __init__(self, *, interval: Duration, node: str | None = None) -> None: ...
        def __init__(self, *_args: Any, **_fields: Any) -> None: ...

    def __post_init__(self) -> None:
        if (self.at_time is None) == (self.interval is None):
            raise InitializationError(
                "PERIOD takes at_time or interval, one of them\n"
                "hint: PERIOD(interval=5), PERIOD(at_time=time.time() + 60)"
            )
        if self.at_time is None:
            plan = Plan("period", nodes=_node(self.node), interval=_interval(self.interval))
        else:
            plan = Plan("period", nodes=_node(self.node), at=stamps(self.at_time))
        object.__setattr__(self, "_plan", plan)


def _check_switch(name: str, value: object) -> None:
    # Text would be taken for True, "no" as well.
    if not isinstance(value, bool):
        raise InitializationError(
            f"{name} is not True or False: {quoted(value)}\nhint: write {name}=True"
        )


def _policy(policy: RetryPolicy | None) -> RetryPolicy | None:
    # Not its class: that would be imported by all who never try again.
    if policy is None or (hasattr(policy, "is_worth") and not isinstance(policy, type)):
        return policy
    raise InitializationError(
        f"retry_policy is a RetryPolicy, not this: {quoted(policy)}\n"
        "hint: RetryPolicy(acceptable_errors=ConnectionError, stop_after_attempt=3)"
    )


def _interval(interval: Duration) -> float:
    if isinstance(interval, str) and _CRON.fullmatch(interval):
        raise InitializationError(
            f"an interval is a time between runs, and this looks like a line of cron: {interval!r}\n"
            "hint: PERIOD(interval='1h'), or PERIOD(at_time=[...]) with the points in time"
        )
    is_negative = str(interval).lstrip().startswith("-")
    found = 0.0 if is_negative else seconds(interval)
    if found <= 0:
        raise InitializationError(
            f"an interval is longer than zero, not this: {quoted(interval)}\n"
            "hint: PERIOD(interval=5), PERIOD(interval='1h30m')"
        )
    return found


def _node(node: str | None) -> list[str] | None:
    if node is None or isinstance(node, str):  # pyright: ignore[reportUnnecessaryIsInstance] - as below
        return _nodes(node)
    raise InitializationError(
        f"node is the name of a process, here of one process, not this: {quoted(node)}\n"
        "hint: BROADCAST and STREAM take several"
    )


def _nodes(node: str | Sequence[str] | None) -> list[str] | None:
    if node is None:
        return None
    if not isinstance(node, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance] - checked for those without a type checker
        raise InitializationError(f"node is the name of a process, not this: {quoted(node)}")
    names = [node] if isinstance(node, str) else list(node)
    if not names:
        raise InitializationError(
            f"node names no process: {node!r}\nhint: None, or no node at all, means every process that offers the name"
        )
    return [checked(name, InitializationError, "the name of a process") for name in names]
