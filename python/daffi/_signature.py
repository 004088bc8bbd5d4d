"""What a callback accepts, in the form that callers check arguments against before they send them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = list[tuple[str, int, bool]]
"""Name, kind as `inspect` numbers it, and whether there is a default, for each parameter."""


def describe(function: Callable[..., Any]) -> tuple[Parameters, str]:
    """The parameters of a function, and its signature as people read it.

    A function that tells no signature accepts anything.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        anything: Parameters = [
            ("args", int(inspect.Parameter.VAR_POSITIONAL), False),
            ("kwargs", int(inspect.Parameter.VAR_KEYWORD), False),
        ]
        return anything, "(*args, **kwargs)"
    parameters = [
        (name, int(parameter.kind), parameter.default is not inspect.Parameter.empty)
        for name, parameter in signature.parameters.items()
    ]
    return parameters, _text(signature)


def _text(signature: inspect.Signature) -> str:
    try:
        return str(signature)
    except Exception:  # noqa: BLE001 - the `repr` of a default is the user's code and may raise anything
        return f"({', '.join(signature.parameters)})"
