"""`@alias` and `@local`: what others call a function by, and which methods of a class they do not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from daffi._daffi import Fetcher
from daffi._exceptions import InitializationError
from daffi._input.names import checked
from daffi._input.source_location import caller_location, location_of
from daffi._registering.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F")

ALIAS: Final = "__daffi_alias__"
LOCAL: Final = "__daffi_local__"


def alias(name: str) -> Callable[[F], F]:
    """Give a callback or fetcher another name than its function has. Stands below `@callback` and `@fetcher`.

    Args:
        name: what other processes call it by.

    Raises:
        InitializationError: the name is empty or no text, or what is decorated cannot carry a name.

    Example:
        >>> from daffi import alias, callback
        >>> @callback
        ... class Clock:
        ...     @alias("time_of_day")
        ...     def now(self) -> str:
        ...         return "noon"
    """
    # Whoever forgets the parentheses gives the function.
    if not isinstance(name, str) or not name:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InitializationError(
            f'an alias is a name that is not empty, not this: {name!r}, {caller_location()}\nhint: @alias("name")'
        )
    checked(name, InitializationError, "an alias")
    return lambda function: _mark(function, ALIAS, value=name)


def local(function: F) -> F:
    """Hide a public method of a class under `@callback` or `@fetcher`: it stays a plain method of this process.

    Raises:
        InitializationError: what is decorated cannot be marked.

    Example:
        >>> from daffi import callback, local
        >>> @callback
        ... class Clock:
        ...     @local
        ...     def wind_up(self) -> None: ...
    """
    return _mark(function, LOCAL, value=True)


def alias_of(function: object) -> str | None:
    """The name that `@alias` gave."""
    return _marked(function, ALIAS)


def is_local(function: object) -> bool:
    """Whether `@local` hides it."""
    return bool(_marked(function, LOCAL))


def name_of(function: object) -> str | None:
    """What a function is called by others: its alias or its own name; None where it has neither."""
    name = alias_of(function) or getattr(function, "__name__", None)
    return name if isinstance(name, str) else None


def _mark(function: F, mark: str, *, value: object) -> F:
    decorator = "@alias" if mark == ALIAS else "@local"
    if isinstance(function, type) or not (callable(function) or hasattr(function, "__func__")):
        raise InitializationError(
            f"{decorator} is for functions and methods, not for this: {location_of(function)}"
        )
    anything: Any = function
    if isinstance(anything, Fetcher) or registry.has(anything):
        raise InitializationError(
            f"{decorator} comes too late above @callback or @fetcher: {location_of(function)}\nhint: write it below"
        )
    try:
        setattr(function, mark, value)
    except AttributeError:
        raise InitializationError(
            f"this takes no other name: {location_of(function)}\nhint: write a function that calls it"
        ) from None
    return function


def _marked(function: Any, mark: str) -> Any:
    # On a staticmethod or classmethod the mark may stand outside or inside.
    inner = getattr(function, "__func__", None)
    return getattr(function, mark, None) or getattr(inner, mark, None)
