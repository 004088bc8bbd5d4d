"""File and line in the user's code, for messages about wrong use."""

from __future__ import annotations

import inspect
import os
import sys
from typing import Any, Final

PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep  # noqa: PTH100, PTH120 - pathlib is slow to import
"""The folder of daffi: frames of its files are not the user's."""


def location_of(thing: object) -> str:
    """The name of a function or class with its file and line; for what has no source, where daffi was called."""
    name = getattr(thing, "__qualname__", None) or repr(thing)
    code = getattr(origin(thing), "__code__", None)
    return (
        f"{name}, {caller_location()}"
        if code is None
        else f"{name}, {code.co_filename}:{code.co_firstlineno}"
    )


def caller_location() -> str:
    """File and line of the code that called daffi."""
    frame = sys._getframe()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - `inspect.stack` reads every source file
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def origin(thing: Any) -> Any:
    """The function that was written: below decorators, bound methods, `staticmethod` and `classmethod`."""
    try:
        thing = inspect.unwrap(thing)
    except ValueError:  # a chain of wrappers that ends nowhere
        return thing
    return getattr(thing, "__func__", thing)
