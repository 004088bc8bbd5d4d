"""The parameter `g` of a callback: filled with the Global of the process, wherever the call comes from."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import GlobalContextError, InitializationError
from daffi._place import place

if TYPE_CHECKING:
    from daffi._global import Global

NAME: Final = "g"


def filled(function: Any) -> Any:
    """The function with its parameter `g` filled at each call and gone from its signature; without one, itself.

    Raises:
        InitializationError: `g` is positional-only or variadic.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        # It tells no signature: nothing in it can be filled.
        return function
    parameter = signature.parameters.get(NAME)
    if parameter is None:
        return function
    if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
        raise InitializationError(
            f"the parameter g is for the Global of the process and must take a name: {place(function)}: {signature}\n"
            "hint: write g as a plain parameter, or call it something else"
        )
    by_position = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    index = list(signature.parameters).index(NAME)

    def arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Put the Global where it belongs: what stands before it in the signature may be given by position."""
        if NAME in kwargs:
            raise GlobalContextError(
                f"g is filled with the Global of the process that runs it: {function.__qualname__}\nhint: leave it out"
            )
        if by_position and len(args) > index:
            return *args[:index], own_global(), *args[index:]
        kwargs[NAME] = own_global()
        return args

    async def run_async(*args: Any, **kwargs: Any) -> Any:
        args = arguments(args, kwargs)
        return await function(*args, **kwargs)

    def run(*args: Any, **kwargs: Any) -> Any:
        args = arguments(args, kwargs)
        return function(*args, **kwargs)

    made: Any = run_async if inspect.iscoroutinefunction(function) else run
    functools.update_wrapper(made, function)
    others = [other for name, other in signature.parameters.items() if name != NAME]
    made.__signature__ = signature.replace(parameters=others)
    return made


def filled_where_left_out(function: Any) -> Any:
    """The function with its parameter `g` filled at each call that leaves it out.

    It was not written as a callback, and may mean something else by that name: what has a value of its own keeps it.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return function
    parameter = signature.parameters.get(NAME)
    if parameter is None or parameter.kind not in {
        parameter.POSITIONAL_OR_KEYWORD,
        parameter.KEYWORD_ONLY,
    }:
        return function
    if parameter.default not in {parameter.empty, None}:
        return function

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            is_given = NAME in signature.bind_partial(*args, **kwargs).arguments
        except TypeError:  # what does not fit is for the function to say
            is_given = True
        if not is_given:
            kwargs[NAME] = own_global()
        return function(*args, **kwargs)

    return run


def own_global() -> Global:
    """The Global of this process."""
    from daffi._global import global_for_callback  # noqa: PLC0415 - it imports the registry, which imports this

    return global_for_callback()
