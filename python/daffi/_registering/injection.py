"""The parameter `g` of a callback: filled with the Global of the process, wherever the call comes from."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import GlobalContextError, InitializationError
from daffi._input.source_location import location_of
from daffi._process.current_global import get_for_callback
from daffi._registering.signature import FILLED, signature_of, without_g

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "g"

Args = tuple[Any, ...]

_BY_POSITION: Final = {
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
}
_TAKE_A_NAME: Final = {
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.KEYWORD_ONLY,
}


def filled(function: Any) -> Any:
    """The function with its parameter `g` filled at each call and gone from its signature; without one, itself.

    A `g` with a default of its own is a parameter as any other.

    Raises:
        InitializationError: `g` is positional-only or variadic.
    """
    signature = signature_of(function)
    parameter = None if signature is None else signature.parameters.get(NAME)
    if signature is None or parameter is None or _means_something_else(parameter):
        return function
    if parameter.kind not in _TAKE_A_NAME:
        raise InitializationError(
            "the parameter g is for the Global of the process and must take a name: "
            f"{location_of(function)}: {signature}\n"
            "hint: write g as a plain parameter, or call it something else"
        )
    arguments = _filling(function, signature)

    async def run_async(*args: Any, **kwargs: Any) -> Any:
        args = arguments(args, kwargs)
        return await function(*args, **kwargs)

    def run(*args: Any, **kwargs: Any) -> Any:
        args = arguments(args, kwargs)
        return function(*args, **kwargs)

    made: Any = run_async if inspect.iscoroutinefunction(function) else run
    functools.update_wrapper(made, function)
    setattr(made, FILLED, function)
    made.__signature__ = without_g(signature)
    return made


def _filling(function: Any, signature: inspect.Signature) -> Callable[[Args, dict[str, Any]], Args]:
    """What puts the Global among the arguments of a call: what stands before it may be given by position."""
    names = list(signature.parameters)
    kinds = [parameter.kind for parameter in signature.parameters.values()]
    index = names.index(NAME)
    by_position = kinds[index] is inspect.Parameter.POSITIONAL_OR_KEYWORD
    most = sum(kind in _BY_POSITION for kind in kinds) - by_position
    is_bounded = inspect.Parameter.VAR_POSITIONAL not in kinds

    def arguments(args: Args, kwargs: dict[str, Any]) -> Args:
        if NAME in kwargs:
            raise GlobalContextError(
                f"g is filled with the Global of the process that runs it: {function.__qualname__}\nhint: leave it out"
            )
        if is_bounded and len(args) > most:
            raise TypeError(
                f"{function.__qualname__}() takes {most} positional arguments beside g, but {len(args)} were given\n"
                "hint: g is filled with the Global of the process that runs it; give the parameter another name to "
                "fill it yourself"
            )
        if by_position and len(args) > index:
            return *args[:index], get_for_callback(), *args[index:]
        kwargs[NAME] = get_for_callback()
        return args

    return arguments


def _means_something_else(parameter: inspect.Parameter) -> bool:
    """Whether `g` has a default of its own. Looked at by identity: a default may be anything."""
    return parameter.default is not inspect.Parameter.empty and parameter.default is not None


def filled_where_left_out(function: Any) -> Any:
    """The function with its parameter `g` filled at each call that leaves it out.

    It was not written as a callback, and may mean something else by that name: what has a value of its own keeps it.
    """
    signature = signature_of(function)
    parameter = None if signature is None else signature.parameters.get(NAME)
    if signature is None or parameter is None or parameter.kind not in _TAKE_A_NAME:
        return function
    if _means_something_else(parameter):
        return function

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            is_given = NAME in signature.bind_partial(*args, **kwargs).arguments
        except TypeError:  # what does not fit is for the function to say
            is_given = True
        if not is_given:
            kwargs[NAME] = get_for_callback()
        return function(*args, **kwargs)

    return run
