"""What a callback accepts, in the form that callers check arguments against before they send them."""

from __future__ import annotations

import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = list[tuple[str, int, bool]]
"""Name, kind as `inspect` numbers it, and whether there is a default, for each parameter."""

FILLED: Final = "__daffi_filled__"
"""The mark of what fills the parameter `g` of a function: that function."""

SEVERAL: Final = 2
"""How many arguments must be given where an item of a stream is spread over them."""

_VARIADIC: Final = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}

_ANYTHING: Final = inspect.Signature(
    [
        inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
        inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
    ]
)


class Description(NamedTuple):
    """What callers know of a callback."""

    parameters: Parameters
    """What is checked before a call is sent."""
    text: str
    """The signature as people read it."""
    spreads: bool
    """Whether an item of a stream is spread over the parameters."""


def describe(function: Callable[..., Any]) -> Description:
    """What a function accepts. One that tells no signature accepts anything.

    Below a decorator that takes `*args, **kwargs` nothing is checked before it runs: the decorator may give arguments
    to the function, or take some away. People, and the items of a stream, go by the function.
    """
    own = _inspected(_called_first(function), follow_wrapped=False) or _ANYTHING
    told = signature_of(function) or _ANYTHING
    note = ""
    if _fills(function):
        own = without_g(own)
        note = ", whose g is filled with the Global of its process"
    checked = [
        (name, int(parameter.kind), parameter.default is not inspect.Parameter.empty)
        for name, parameter in own.parameters.items()
    ]
    return Description(checked, _text(told) + note, spreads=_required(told) >= SEVERAL)


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """The signature that a caller may go by: that of the decorator above a function, unless it takes anything.

    None where it tells none. A `g` that is filled is not in it.
    """
    first = _called_first(function)
    told = _inspected(first, follow_wrapped=False)
    if told is not None and all(p.kind in _VARIADIC for p in told.parameters.values()):
        below = _below(first)
        told = _inspected(first, follow_wrapped=True) if below is None else signature_of(below)
    return without_g(told) if told is not None and _fills(function) else told


def without_g(signature: inspect.Signature) -> inspect.Signature:
    """The signature for callers, who do not give `g`."""
    others = [parameter for name, parameter in signature.parameters.items() if name != "g"]
    return signature.replace(parameters=others)


def _called_first(function: Any) -> Any:
    """The Python function that a call reaches first, below what passes on what it gets: a cache of C, ours for `g`."""
    if isinstance(function, MethodType):
        return MethodType(_called_first(function.__func__), function.__self__)
    if type(function) is FunctionType and not _is_filled(function):
        return function
    below = getattr(function, "__wrapped__", None)
    return function if below is None else _called_first(below)


def _below(function: Any) -> Any:
    """What a decorator has decorated."""
    if isinstance(function, MethodType):
        below = _below(function.__func__)
        return None if below is None else MethodType(below, function.__self__)
    return getattr(function, "__wrapped__", None)


def below_filling(function: Any) -> Any:
    """The function that was written, where this fills its `g`."""
    return function.__wrapped__ if _is_filled(function) else function


def _fills(function: Any) -> bool:
    """Whether this is what fills the `g` of a function or method."""
    return _is_filled(getattr(function, "__func__", function))


def _is_filled(function: Any) -> bool:
    # A decorator above copies the mark, too.
    filled = getattr(function, FILLED, None)
    return filled is not None and filled is getattr(function, "__wrapped__", None)


def _inspected(function: Any, *, follow_wrapped: bool) -> inspect.Signature | None:
    try:
        return inspect.signature(function, follow_wrapped=follow_wrapped)
    except (TypeError, ValueError):
        return None


def _required(signature: inspect.Signature) -> int:
    """How many arguments must be given."""
    return sum(
        parameter.default is inspect.Parameter.empty and parameter.kind not in _VARIADIC
        for parameter in signature.parameters.values()
    )


def _text(signature: inspect.Signature) -> str:
    try:
        return str(signature)
    except Exception:  # noqa: BLE001 - the `repr` of a default is the user's code and may raise anything
        return f"({', '.join(signature.parameters)})"
