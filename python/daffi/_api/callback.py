"""`@callback`: makes a function, or the methods of a class, callable by name from other processes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Never, TypeVar, overload

from daffi._daffi import Fetcher
from daffi._exceptions import InitializationError
from daffi._input.names import checked
from daffi._input.quoted import quoted
from daffi._input.source_location import caller_location, location_of
from daffi._input.unknown_names import refuse_unknown
from daffi._registering import class_callback
from daffi._registering.alias import is_local, name_of
from daffi._registering.injection import filled
from daffi._registering.methods import is_unbound_method
from daffi._registering.registered import Registered
from daffi._registering.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_MISSING: Final = object()
"""In the place of the function, where the decorator is written with parentheses."""


@overload
def callback(function: F) -> F: ...
@overload
def callback(*, at_once: int | None = None) -> Callable[[F], F]: ...
def callback(function: Any = _MISSING, *, at_once: int | None = None, **_unknown: Never) -> Any:
    """Make a function callable by its name from other processes. Locally it stays what it was.

    `async def` functions run on one event loop that all of them share and that lives as long as the process.
    A parameter called `g` is filled with the Global of this process; callers leave it out.

    Of a class, every public method becomes a callback, inherited ones too; `@local` hides one, `@alias` renames one.
    Static and class methods work at once, the others from the moment when there is an instance. There may be one.

    Args:
        function: a `def` or `async def` function or a class, at any time before or while a Global runs.
        at_once: how many of its calls may run at once in this process, of a generator until it is over; of a class, of
            each method. The others wait in the order in which they came, without a thread. None sets no bound.

    Raises:
        InitializationError: it cannot be a callback, another one has its name, or `at_once` is no number from 1.

    Example:
        >>> from daffi import callback
        >>> @callback
        ... def greet(name: str) -> str:
        ...     return f"hello {name}"
        >>> greet("local caller")
        'hello local caller'
    """
    refuse_unknown(_unknown, "@callback", ["at_once"], f", {caller_location()}")
    _check_bound(at_once)
    if function is _MISSING:
        return functools.partial(_made, at_once=at_once)
    return _made(function, at_once)


def _check_bound(at_once: object) -> None:
    is_number = isinstance(at_once, int) and not isinstance(at_once, bool) and 0 < at_once < 1 << 64
    if at_once is None or is_number:
        return
    raise InitializationError(
        f"at_once is a number of calls, from 1: {at_once!r}, {caller_location()}\n"
        "hint: @callback(at_once=1) runs them one after the other"
    )


def _made(function: Any, at_once: int | None) -> Any:
    decorated: Any = function
    if hasattr(decorated, "_plan"):
        raise InitializationError(
            f"@callback takes no modifier: {quoted(decorated)}, {caller_location()}\n"
            "hint: @callback without parentheses; @fetcher(FG) and @callback_and_fetcher(FG) take one"
        )
    if isinstance(decorated, type):
        class_callback.register(decorated, at_once)
    elif isinstance(decorated, Fetcher):
        # Written above @fetcher: others call the function, and here the name stays a fetcher.
        _register(getattr(function, "__wrapped__", None), at_once)
    else:
        return _register(decorated, at_once)
    return function


def _register(function: Any, at_once: int | None) -> Any:
    name = _check(function)
    run = filled(function)
    registry.add([Registered(name, function, run, at_once=at_once)])
    return run


def _check(function: object) -> str:
    """What others call the function by."""
    if not callable(function):
        raise InitializationError(
            f"a callback is a function or a class, not this: {quoted(function)}, {caller_location()}"
        )
    name = name_of(function)
    if name is None:
        raise InitializationError(
            f"a callback needs a name, and this has none: {quoted(function)}, {caller_location()}\n"
            'hint: alias("name")(...)'
        )
    if name == "<lambda>":
        raise InitializationError(
            f"a lambda has no name to be called by: {location_of(function)}\nhint: use def"
        )
    checked(name, InitializationError, f"the name of a callback, {location_of(function)}")
    if is_unbound_method(function):
        raise InitializationError(
            f"a method needs its object, and callers have none: {location_of(function)}\n"
            "hint: @callback on the class, or on a bound method; @staticmethod where it needs no object"
        )
    if is_local(function):
        raise InitializationError(
            f"@local is for methods of a class that is a callback: {location_of(function)}\n"
            "hint: leave out @callback, or @local"
        )
    return name
