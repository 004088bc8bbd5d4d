"""How to run a call and how to wait for it: what stands right of the `&`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from daffi._daffi import Plan
from daffi._durations import seconds

if TYPE_CHECKING:
    from daffi._durations import Duration


@dataclass(frozen=True)
class FG:
    """Run the call in the foreground: wait for its value.

    Class and instance alike: `call & FG`, `call & FG(timeout=5)`.

    Args:
        timeout: how long to wait, in seconds, as a timedelta or as text like "1m30s"; None and 0 mean for ever.
        node: the name of the one process to call; None lets daffi choose.

    Raises:
        GlobalContextError: `timeout` is negative or cannot be read.
    """

    timeout: Duration = None
    node: str | None = None

    _plan: ClassVar[Plan] = Plan("fg")

    def __post_init__(self) -> None:
        object.__setattr__(self, "_plan", Plan("fg", node=self.node, timeout=seconds(self.timeout)))


@dataclass(frozen=True)
class BG:
    """Run the call in the background: go on at once with an `AsyncResult`.

    Args:
        timeout: how long the call may take, counted after `eta`; None and 0 mean for ever.
        eta: how long the other process waits before it runs the callback.
        node: the name of the one process to call; None lets daffi choose.
        return_result: False gives None in place of the `AsyncResult`, and a failure is logged.

    Raises:
        GlobalContextError: a duration is negative or cannot be read.
    """

    timeout: Duration = None
    eta: Duration = None
    node: str | None = None
    return_result: bool = True

    _plan: ClassVar[Plan] = Plan("bg")

    def __post_init__(self) -> None:
        kind = "bg" if self.return_result else "no_return"
        plan = Plan(kind, node=self.node, timeout=seconds(self.timeout), eta=seconds(self.eta))
        object.__setattr__(self, "_plan", plan)


@dataclass(frozen=True)
class NO_RETURN:  # noqa: N801 - the name users write
    """Run the call and forget it: no value comes back, and a failure is logged here.

    Args:
        eta: how long the other process waits before it runs the callback.
        node: the name of the one process to call; None lets daffi choose.

    Raises:
        GlobalContextError: `eta` is negative or cannot be read.
    """

    eta: Duration = None
    node: str | None = None

    _plan: ClassVar[Plan] = Plan("no_return")

    def __post_init__(self) -> None:
        plan = Plan("no_return", node=self.node, eta=seconds(self.eta))
        object.__setattr__(self, "_plan", plan)
