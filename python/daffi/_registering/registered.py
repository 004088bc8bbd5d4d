"""One callback that is on offer: its name, its function, and whether an event loop runs it."""

from __future__ import annotations

import functools
import inspect
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from daffi._input.source_location import location_of
from daffi._registering import signature

if TYPE_CHECKING:
    from collections.abc import Callable

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
        where = location_of(self.function)
        return where if self.owner is None else f"{where}, of {self.owner.__qualname__}"

    def offer(self) -> Offer:
        """What the runtime needs to know."""
        accepts = self.run if self.accepts is None else self.accepts
        parameters, text, spreads = signature.describe(accepts)
        on_loop = runs_on_loop(self.run) or runs_on_loop(self.function)
        return self.name, self.run, parameters, text, spreads, on_loop, self.at_once


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
