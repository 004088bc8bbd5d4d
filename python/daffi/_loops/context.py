"""The context variables that callbacks run in, and the one that says which call a task answers."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from daffi._daffi import CallQueue, Outlet


class ResponderLike(Protocol):
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


PreparedCall = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], Context, ResponderLike]
"""What a loop is to start: function, arguments, keywords, context variables, responder."""

running: Final[ContextVar[ResponderLike | Outlet | None]] = ContextVar(
    "daffi_running", default=None
)
"""The responder of the call that this task answers, or the outlet of its items; read by the seam."""

NONE_LEFT: Final = object()
"""What the seam asks `next` for where a generator has no more items."""


def beginning() -> tuple[Context, Callable[[Context], None] | None]:
    """The context variables that calls begin with, those of the running code; called by the seam for each Global.

    A call gets a copy of that context. A copy shares the values: the second is what gives a copy a `decimal.Context`
    of its own, as that is changed in place; None where there is none.
    """
    here = copy_context()
    if running in here:
        # A Global that is made in a callback does not go on with that call.
        here.run(running.set, None)
    decimal = sys.modules.get("decimal")
    for variable, value in here.items():
        if isinstance(value, getattr(decimal, "Context", ())):
            # What is set later in the running code is not theirs.
            return here, functools.partial(_give_own, variable, value.copy())
    return here, None


def _give_own(variable: ContextVar[Any], shared: Any, context: Context) -> None:
    context.run(variable.set, shared.copy())


@types.coroutine
def await_in(context: Context, coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Await a coroutine in the running task, each of its steps in `context`."""
    step: Callable[[Any], Any] = coroutine.send
    given: Any = None
    while True:
        try:
            awaited = context.run(step, given)
        except StopIteration as end:
            return end.value
        try:
            step, given = coroutine.send, (yield awaited)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is for the coroutine
            step, given = coroutine.throw, error
