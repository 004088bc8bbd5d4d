"""Functions that travel with their call: `Global.transfer_and_call`, on both sides."""

from __future__ import annotations

import functools
import inspect
import sys
import sysconfig
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import InitializationError
from daffi._input.names import refuse_own
from daffi._input.quoted import quoted
from daffi._registering.injection import filled_where_left_out
from daffi._wire import pickling

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from types import ModuleType

    from daffi._daffi import AsyncResult, Runtime

_INSTALLED: Final = {"site-packages", "dist-packages"}


HINT: Final = "hint: g.transfer_and_call(remote_process, func, *args, **kwargs)"


def transfer(
    runtime: Runtime, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> AsyncResult[Any]:
    """Have another process run a function, and give the `AsyncResult` of that.

    Process and function are the first two positional arguments, or are given as `remote_process=` and `func=`.

    Raises:
        InitializationError: one of the two is missing or is none, or there is no such process.
        SerializationError: the function or an argument cannot travel.
    """
    node, func, args, kwargs = _split(args, dict(kwargs))
    if not isinstance(node, str):
        raise InitializationError(f"not the name of a process: {quoted(node)}\n{HINT}")
    own = "a function is sent to another process; here, call it itself"
    refuse_own(node, runtime.process_name, InitializationError, own)
    if not callable(func):
        raise InitializationError(f"not a function: {quoted(func)}\n{HINT}")
    return runtime.transfer(node, (_pack(func), *args), kwargs)


def _split(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any, tuple[Any, ...], dict[str, Any]]:
    """The process, the function, and the arguments of the function.

    Where both are given by position, every keyword is one of the function.
    """
    try:
        node = args[0] if args else kwargs.pop("remote_process")
        func = args[1] if len(args) > 1 else kwargs.pop("func")
    except KeyError as missing:
        raise InitializationError(f"transfer_and_call without {missing}\n{HINT}") from None
    return node, func, args[2:], kwargs


def transfer_async(
    runtime: Runtime, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Coroutine[Any, Any, Any]:
    """The value of the function, to be awaited; if that is cancelled, the function is, too.

    The call is made at once, with its arguments as they are now. Sending them waits for nothing.
    """
    return transfer_and_call_async(_Wanted(transfer(runtime, args, kwargs)))


class _Wanted:
    """A call that is cancelled when this goes: a coroutine that is closed before its first step runs no `finally`.

    One that has begun has its own: the error that ends it may keep its frame, and so this, for any time.
    """

    __slots__ = ("result",)

    def __init__(self, result: AsyncResult[Any]) -> None:
        self.result = result

    def __del__(self) -> None:
        # Nothing where it has ended.
        self.result.cancel()


async def transfer_and_call_async(wanted: _Wanted) -> Any:
    """The value of the call. Python names the function where nobody awaits it, so it is called as users know it."""
    try:
        return await wanted.result
    finally:
        # The traceback of a task that was cancelled keeps this frame, and `wanted` with it.
        wanted.result.cancel()


def unpack(packed: bytes) -> tuple[Callable[..., Any], bool]:
    """The function, and whether calling it gives a coroutine. Called by the seam, where it is to run.

    Raises:
        SerializationError: something that the function needs is missing here.
    """
    function = pickling.loads(packed)
    # Looked up in its class, as a call does: a class that travels itself is not called like its instances.
    of_its_class = type(function).__call__
    is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(of_its_class)
    return filled_where_left_out(function), is_async


def _pack(func: Callable[..., Any]) -> bytes:
    package = _package(func)
    out = BytesIO()
    pickler: Any = pickling.pickler()(out, protocol=5)
    pickler.package = None if package is None else package.__name__
    try:
        pickler.dump(func)
    except Exception as error:
        from daffi._wire.unsendable import unsendable_arguments  # noqa: PLC0415 - only for errors

        raise unsendable_arguments(error, (func,), None, ["func"], pickler.package) from error
    return out.getvalue()


def _package(func: Callable[..., Any]) -> ModuleType | None:
    """The package whose functions travel by value together with `func`: the user's own, nothing that is installed."""
    while isinstance(func, functools.partial):
        func = func.func
    name = getattr(func, "__module__", None)
    package = sys.modules.get(name.partition(".")[0]) if isinstance(name, str) else None
    # What has no file is `__main__` in a REPL, which travels by value anyway, or made of C, which cannot.
    file = getattr(package, "__file__", None)
    if file is None or package is None or package.__name__ in {"__main__", "daffi"}:
        return None
    path = Path(file)
    of_python = path.is_relative_to(sysconfig.get_path("stdlib"))
    return None if of_python or _INSTALLED & set(path.parts) else package
