"""What an `async def` fetcher gives: the value to come, for those who await it and for those who do not."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

import wrapt

from daffi._log import log_failure

if TYPE_CHECKING:
    from collections.abc import Generator

    from daffi._daffi import AsyncResult


class Use:
    """What has been done with a value."""

    seen = False
    """Someone has awaited or used it."""

    there = False
    """It is there."""

    hashed: int | None = None
    """What its hash was when it was first asked for."""


if TYPE_CHECKING:
    Proxy = wrapt.LazyObjectProxy[Any]
else:
    Proxy = wrapt.LazyObjectProxy


class AwaitableValue(Proxy):
    """Stands for the value of a call that has been sent.

    Awaited, it gives the value without holding up the event loop. Used in any other way (printed, compared, computed
    with, passed on), it waits for the value first, holding up its own thread alone, and then is as good as it. Never
    used, the call has happened all the same, and a failure is logged.
    """

    def __init__(self, result: AsyncResult[Any]) -> None:  # pyright: ignore[reportInconsistentConstructor] - wrapt's own takes what waits
        use = Use()

        def wait() -> Any:
            use.seen = True
            value = result.get()
            use.there = True
            return value

        super().__init__(wait)
        self._self_result = result
        self._self_use = use
        weakref.finalize(self, _log_if_unseen, result, use).atexit = False

    def __await__(self) -> Generator[Any, None, Any]:
        self._self_use.seen = True
        return self._self_result.get_async().__await__()

    def __hash__(self) -> int:
        # `asyncio.gather` asks before it awaits, and must not wait then: what is hashed before its value is there is
        # a key for itself. A hash never changes.
        use = self._self_use
        if use.hashed is None:
            use.hashed = hash(self.__wrapped__) if use.there else id(self)
        return use.hashed

    @property
    def __class__(self) -> type[Any]:  # pyright: ignore[reportIncompatibleMethodOverride] - a proxy has the class of its value
        """The class of the value once it is there; asyncio asks for it before it awaits, and must not wait then."""
        return cast("type[Any]", type(self.__wrapped__)) if self._self_use.there else AwaitableValue

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self.__wrapped__,)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()


def _itself(value: Any) -> Any:
    return value


def _log_if_unseen(result: AsyncResult[Any], use: Use) -> None:
    if not use.seen:
        result.add_done_callback(log_failure)
