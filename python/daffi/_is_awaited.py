"""Whether what a blocking method gives is awaited, as in `await g.wait_process(...)`: then it must not block."""

from __future__ import annotations

import inspect
import opcode
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

_CACHE: Final = opcode.opmap["CACHE"]
_GET_AWAITABLE: Final = opcode.opmap["GET_AWAITABLE"]
_COROUTINE: Final = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_BYTES: Final = 2
"""Of one instruction, and of one entry of its cache."""


def is_awaited() -> bool:
    """Whether the caller of the calling method awaits it then and there: the next thing that its code does.

    One that it hands to something else first, as to `asyncio.wait_for`, cannot be told.
    """
    frame = _caller()
    code = frame.f_code.co_code
    for at in range(frame.f_lasti + _BYTES, len(code), _BYTES):
        if code[at] != _CACHE:
            return code[at] == _GET_AWAITABLE
    return False


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
