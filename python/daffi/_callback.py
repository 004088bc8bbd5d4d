"""`@callback`: makes a function callable by name from other processes."""

from __future__ import annotations

import functools
import inspect
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from daffi import _signature
from daffi._exceptions import InitializationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daffi._daffi import Runtime

Offer = tuple[str, "Callable[..., Any]", list[tuple[str, int, bool]], str, bool]
"""A function to be offered: name, function, parameters, signature as people read it, whether it is `async def`."""

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(eq=False)
class Registered:
    """One callback of this process; it outlives every Global."""

    name: str
    function: Callable[..., Any]

    def run(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function as it is now: reloading its module replaces it."""
        return self.function(*args, **kwargs)


class Registry:
    """The callbacks of this process, in order of registration, and the runtime that offers them."""

    def __init__(self) -> None:
        # Reentrant: what describes a signature may import a module that registers.
        self._lock = threading.RLock()
        self._registered: dict[str, Registered] = {}
        self._runtime: Runtime | None = None

    def add(self, function: Callable[..., Any]) -> None:
        """Register a function, also with the running Global if there is one.

        Raises:
            InitializationError: another function has the name.
        """
        name = function.__name__
        with self._lock:
            known = self._registered.get(name)
            if known is None:
                registered = Registered(name, function)
                if self._runtime is not None:
                    self._runtime.register(_offer(registered))
                self._registered[name] = registered
            elif _is_reload(known.function, function):
                known.function = function
            else:
                raise InitializationError(
                    f"there is already a callback named {name!r} in this process: {_place(known.function)}\n"
                    "hint: a name is one function for all processes; rename one of the two"
                )

    def start(self, start: Callable[[list[Offer]], Runtime]) -> Runtime:
        """Start a runtime with what is registered now, and offer what is registered later through it, too."""
        with self._lock:
            known = list(self._registered.values())
        # Without the lock: it may wait for its controller as long as it likes.
        runtime = start([_offer(registered) for registered in known])
        with self._lock:
            for registered in self._registered.values():
                if registered not in known:
                    runtime.register(_offer(registered))
            self._runtime = runtime
        return runtime

    def stop_offering(self) -> None:
        """Forget the runtime; the callbacks stay for a later one."""
        with self._lock:
            self._runtime = None

    def forked(self) -> None:
        """Be usable in a forked child, whatever the threads of the parent were doing."""
        self._lock = threading.RLock()
        self._runtime = None


registry: Final = Registry()


def callback(function: F) -> F:
    """Make a function callable by its name from other processes. Locally it stays what it was.

    `async def` functions run on one event loop that all of them share and that lives as long as the process.

    Args:
        function: a `def` or `async def` function, at any time before or while a Global runs.

    Raises:
        InitializationError: it is no such function, or another one has its name.

    Example:
        >>> from daffi import callback
        >>> @callback
        ... def greet(name: str) -> str:
        ...     return f"hello {name}"
        >>> greet("local caller")
        'hello local caller'
    """
    _check(function)
    registry.add(function)
    return function


def _check(function: object) -> None:
    if isinstance(function, type):
        raise InitializationError(
            f"classes cannot be callbacks yet: {function.__qualname__}\nhint: decorate functions"
        )
    if not callable(function) or not isinstance(getattr(function, "__name__", None), str):
        raise InitializationError(f"a callback is a function, not this: {function!r}")
    if getattr(function, "__name__", "") == "<lambda>":
        raise InitializationError("a lambda has no name to be called by\nhint: use def")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise InitializationError(
            f"generators cannot be callbacks yet: {_place(function)}\nhint: return a list"
        )


def is_async(function: object) -> bool:
    """Whether calling the function gives a coroutine, also behind `functools.partial`."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function)


def _offer(registered: Registered) -> Offer:
    parameters, text = _signature.describe(registered.function)
    return registered.name, registered.run, parameters, text, is_async(registered.function)


def _is_reload(old: Callable[..., Any], new: Callable[..., Any]) -> bool:
    """Whether the new function comes from reloading the module of the old one."""
    same_place = (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__)
    return old is new or (same_place and "<locals>" not in new.__qualname__ and _line(old) != -1)


def _line(function: Callable[..., Any]) -> int:
    code = getattr(function, "__code__", None)
    return -1 if code is None else code.co_firstlineno


def _place(function: object) -> str:
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", repr(function))
    return name if code is None else f"{name}, {code.co_filename}:{code.co_firstlineno}"
