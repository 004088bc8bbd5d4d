"""Whether what a blocking method gives is awaited, as in `await g.wait_process(...)`: then it must not block."""

from __future__ import annotations

import dis
import inspect
import sys
from typing import TYPE_CHECKING, Any, Final

from daffi._aio.waiting import in_trio, running_loop

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

_COROUTINE: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_CALLS: Final = {"CALL", "PRECALL", "CALL_KW"}
"""What gives a value to a function, as an argument."""

_COLLECTIONS: Final = {"BUILD_LIST", "BUILD_TUPLE", "BUILD_SET", "LIST_APPEND", "SET_ADD"}
"""What puts it among others, as those for `asyncio.gather(*waits)`."""

_NURSERIES: Final = {"trio", "anyio"}
"""Libraries that call what they are given, and await what comes of it."""


def is_awaited() -> bool:
    """Whether the caller of the calling method awaits it, or, in an event loop, hands it to something else that may.

    `await g.wait_process(...)`, `asyncio.create_task(g.wait_process(...))`. One that it keeps or only compares first
    cannot be told.
    """
    frame = _caller()
    use = _use(frame)
    if use == "GET_AWAITABLE":
        return True
    is_handed_on = use in _CALLS or use in _COLLECTIONS
    is_item = use == "YIELD_VALUE" and frame.f_code.co_name == "<genexpr>"
    is_called_there = str(frame.f_globals.get("__name__")).partition(".")[0] in _NURSERIES
    return (is_handed_on or is_item or is_called_there) and (
        in_trio() or running_loop() is not None
    )


def _use(frame: FrameType) -> str:
    """The instruction that takes the value of the call which the frame is in."""
    # How many values there are from that one on.
    depth = 1
    for instruction in dis.get_instructions(frame.f_code):
        name = instruction.opname
        if instruction.offset <= frame.f_lasti or name in {"CACHE", "EXTENDED_ARG", "KW_NAMES"}:
            continue
        if depth == 1 and not _only_adds(name):
            return name
        effect = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        before, depth = depth, depth + effect
        # An operator leaves one value for two.
        if depth <= 1 < before:
            return name
    return ""


def _only_adds(name: str) -> bool:
    """Whether an instruction leaves the uppermost value alone."""
    return name == "PUSH_NULL" or (name.startswith("LOAD_") and name not in _OF_THE_UPPERMOST)


_OF_THE_UPPERMOST: Final = {"LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"}


class Over:
    """Something to await that is over already; used without `await`, it is as good as the None that it gives."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield  # what makes it a generator

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is None or isinstance(other, Over)

    def __hash__(self) -> int:
        return hash(None)

    def __repr__(self) -> str:
        return "None"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()


OVER: Final = Over()
"""What the call of an `async def` fetcher gives that has no value. Called by the seam."""


def over() -> Over | None:
    """What a method gives that has blocked: in a coroutine something to await, for those who hand it on."""
    return OVER if _caller().f_code.co_flags & _COROUTINE else None


def _caller() -> FrameType:
    return sys._getframe(3)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
