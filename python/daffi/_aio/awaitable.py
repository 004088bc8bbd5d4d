"""What an `async def` fetcher gives: the value to come, for those who await it and for those who do not."""

from __future__ import annotations

import copy
import operator
from typing import TYPE_CHECKING, Any, Self, cast

import wrapt

from daffi._aio.waiting import in_trio, running_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator

    from daffi._daffi import AsyncResult


class Use:
    """What has been done with a proxy so far."""

    has_value = False
    """Whether the value has arrived and the proxy holds it."""

    hashed: int | None = None
    """The hash that was given when it was first asked for."""


if TYPE_CHECKING:
    Proxy = wrapt.BaseObjectProxy[Any]
else:
    # Not wrapt's LazyObjectProxy: that makes a class for each object, and cannot be iterated.
    Proxy = wrapt.BaseObjectProxy


class AwaitableValue(Proxy):
    """Stands for the value of a call that has been sent.

    Awaited, it gives the value without holding up the event loop; a task that is cancelled meanwhile ends the call.
    Used in any other way (printed, compared, computed
    with, passed on), it waits for the value first, holding up its own thread alone, and then is as good as it. Never
    used, the call has happened all the same, and a failure is logged.
    """

    def __new__(cls, result: AsyncResult[Any]) -> Self:  # noqa: ARG004 - for `__init__`; wrapt's own takes the value
        """Make a proxy that has no value yet."""
        return super().__new__(cls)

    def __init__(self, result: AsyncResult[Any]) -> None:
        # wrapt's own `__init__` is not called: it takes the value, which has not arrived yet.
        self._self_result = result
        self._self_use = Use()

    def __wrapped_factory__(self) -> Any:
        """Wait for the value. wrapt takes a proxy that has this method for one whose value comes later."""
        return self._self_result.get()

    def __wrapped_get__(self) -> Any:
        """Called by wrapt when the value is first needed. Threads that need it at the same time get the same object."""
        value = self.__wrapped_factory__()
        self.__wrapped__ = value
        self._self_use.has_value = True
        return value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__wrapped__)

    def __await__(self) -> Generator[Any, None, Any]:
        return _awaited(self._self_result).__await__()

    def __aiter__(self) -> AsyncIterator[Any]:
        return _items(self._self_result)

    async def __anext__(self) -> Any:
        try:
            return await anext(await _awaited(self._self_result))
        finally:
            del self  # as in `_items`

    def __hash__(self) -> int:
        # `asyncio.gather` hashes the proxy before it awaits it, and that must not block. A proxy whose value has not
        # arrived is hashed by its identity, and keeps that hash when the value comes.
        use = self._self_use
        if use.hashed is None:
            use.hashed = hash(self.__wrapped__) if use.has_value else id(self)
        return use.hashed

    @property
    def __class__(self) -> type[Any]:  # pyright: ignore[reportIncompatibleMethodOverride] - a proxy has the class of its value
        """The class of the value, for `isinstance` and `match`; in an event loop that of the stand-in.

        asyncio asks for the class before it awaits, and that must not block. The answer stays the same once the value
        has arrived, so that it does not depend on what was used before.
        """
        if in_trio() or running_loop() is not None:
            return AwaitableValue
        return cast("type[Any]", type(self.__wrapped__))

    @property
    def add_done_callback(self) -> Any:
        """That of the value, which `asyncio.wait` asks for; before it has arrived, an error with what to use."""
        return self._of_value_or_refused("add_done_callback")

    @property
    def _condition(self) -> Any:
        """The same for `concurrent.futures.wait`."""
        return self._of_value_or_refused("_condition")

    def _of_value_or_refused(self, name: str) -> Any:
        value: Any = self.__wrapped__ if self._self_use.has_value else None
        if hasattr(value, name):
            return getattr(value, name)
        raise TypeError(
            f"the value of {self._self_result.func_name} is no future\n"
            "hint: wait for call & BG, or for asyncio.ensure_future(value)"
        )

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __copy__(self) -> Any:
        return copy.copy(self.__wrapped__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return copy.deepcopy(self.__wrapped__, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return _itself, (self.__wrapped__,)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()


def _in_place(operation: Callable[[Any, Any], Any]) -> Callable[[AwaitableValue, Any], Any]:
    """`x += 1` with the value: what comes of it is a plain one."""

    def operate(self: AwaitableValue, other: Any) -> Any:
        return operation(self.__wrapped__, other)

    return operate


# wrapt's own give a proxy of another class, which neither travels nor can be awaited.
for _name in (
    "add",
    "sub",
    "mul",
    "matmul",
    "truediv",
    "floordiv",
    "mod",
    "pow",
    "lshift",
    "rshift",
    "and",
    "xor",
    "or",
):
    setattr(AwaitableValue, f"__i{_name}__", _in_place(getattr(operator, f"__i{_name}__")))


async def _awaited(result: AsyncResult[Any]) -> Any:
    """The value of a call that nobody but its task knows: when that is cancelled, the call is, too."""
    try:
        return await result
    except BaseException:
        # Nothing where the call has ended with this.
        result.cancel()
        raise


async def _items(result: AsyncResult[Any]) -> AsyncIterator[Any]:
    """The items of a generator or async generator of another process, without an `await` before."""
    try:
        async for item in await _awaited(result):
            yield item
    finally:
        # As in `remote_items.next_item`: a traceback may keep this frame.
        del result


def _itself(value: Any) -> Any:
    return value
