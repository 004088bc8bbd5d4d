"""The callbacks of this process: they outlive every Global, and the one that runs offers them."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import InitializationError
from daffi._input.source_location import place
from daffi._log import callbacks as log
from daffi._registering import signature
from daffi._registering.reload import is_reload, why_second
from daffi._wire.held_back_imports import hold_back, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from daffi._daffi import Runtime

Offer = tuple[str, "Callable[..., Any]", list[tuple[str, int, bool]], str, bool, bool, int | None]
"""A function to be offered.

Name, function, parameters, signature as people read it, whether an item of a stream is spread over them, whether the
event loop runs it, how many run at once.
"""


@dataclass(eq=False)
class Registered:
    """One callback."""

    name: str
    function: Any
    """What was decorated; of a method, what stands in its class."""
    run: Callable[..., Any]
    """What runs when a call comes."""
    accepts: Any = None
    """What has the signature that callers must fit; unless given, what runs."""
    at_once: int | None = None
    """How many of its calls may run at once; None sets no bound."""
    owner: type | None = None
    """Of a method, the class that is a callback; it may have inherited the method."""
    spec: object = field(init=False)
    """What its module was loaded from: reloading a module makes a new one."""

    def __post_init__(self) -> None:
        module = sys.modules.get(getattr(self.function, "__module__", None) or "")
        self.spec = getattr(module, "__spec__", None)

    def place(self) -> str:
        """Where it was written, for messages."""
        where = place(self.function)
        return where if self.owner is None else f"{where}, of {self.owner.__qualname__}"

    def offer(self) -> Offer:
        """What the runtime needs to know."""
        accepts = self.run if self.accepts is None else self.accepts
        parameters, text, spreads = signature.describe(accepts)
        on_loop = runs_on_loop(self.run) or runs_on_loop(self.function)
        return self.name, self.run, parameters, text, spreads, on_loop, self.at_once


class Registry:
    """The callbacks, in order of registration, and the runtime that offers them."""

    def __init__(self) -> None:
        # Reentrant: what describes a signature may import a module that registers.
        self._lock = threading.RLock()
        self._registered: dict[str, Registered] = {}
        self._held: list[Registered] = []
        self._runtime: Runtime | None = None

    def add(self, callbacks: Iterable[Registered]) -> None:
        """Register callbacks, also with the running Global if there is one: all of them or, with an error, none.

        What a value that is being read brings in is held back until this process imports its module itself.

        Raises:
            InitializationError: another callback has one of the names.
        """
        callbacks = list(callbacks)
        with self._lock:
            if self._hold_back(callbacks):
                return
            for new in callbacks:
                known = self._registered.get(new.name)
                if known is not None and not is_reload(known, new):
                    raise InitializationError(
                        f"there is already a callback named {new.name!r} in this process: {known.place()}; "
                        f"this is the second: {new.place()}\nhint: {why_second(known, new)}"
                    )
            self._offer(callbacks)

    def replace(self, callbacks: Iterable[Registered]) -> None:
        """Register callbacks, each in place of the one of its name; other processes see all of them or none."""
        callbacks = list(callbacks)
        with self._lock:
            if not self._hold_back(callbacks):
                self._offer(callbacks)

    def _offer(self, callbacks: list[Registered]) -> None:
        if self._runtime is not None:
            self._runtime.register([new.offer() for new in callbacks])
        self._registered.update((new.name, new) for new in callbacks)

    def _hold_back(self, callbacks: list[Registered]) -> bool:
        def release() -> None:
            try:
                with self._lock:
                    ours = [held for held in self._held if held in callbacks]
                    self._held = [held for held in self._held if held not in ours]
                    self.add(ours)
            except Exception:  # noqa: BLE001 - an import must not fail by it
                log.exception("callbacks of a module that is imported now cannot be offered")

        if not callbacks or not reading or not hold_back(callbacks[0].function, release):
            return False
        self._held.extend(callbacks)
        return True

    def has(self, function: object) -> bool:
        """Whether a function is registered."""
        with self._lock:
            known = [*self._registered.values(), *self._held]
        return any(function in (one.function, one.run) for one in known)

    def start(self, start: Callable[[list[Offer]], Runtime]) -> Runtime:
        """Start a runtime with what is registered now, and offer what is registered later through it, too."""
        with self._lock:
            known = list(self._registered.values())
        # Without the lock: it may wait for its controller as long as it likes.
        runtime = start([registered.offer() for registered in known])
        with self._lock:
            before = set(known)
            new = [
                registered for registered in self._registered.values() if registered not in before
            ]
            if new:
                runtime.register([registered.offer() for registered in new])
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


def is_async(function: Any) -> bool:
    """Whether calling the function gives a coroutine, also behind `functools.partial` and in a callable object."""
    return inspect.iscoroutinefunction(_called(function))


def runs_on_loop(function: Any) -> bool:
    """Whether a call of the function is for the event loop: it gives a coroutine or an async generator."""
    return is_async(function) or is_async_generator(function)


def is_async_generator(function: Any) -> bool:
    """Whether calling the function gives an async generator."""
    return inspect.isasyncgenfunction(_called(function))


def _called(function: Any) -> Any:
    """The function that runs when this is called."""
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.isroutine(function):
        return function
    kind: Any = type(function)  # pyright: ignore[reportUnknownVariableType]
    return getattr(kind, "__call__", None)  # noqa: B004 - what it is matters, not whether
