"""Finds the class of this process for an error that another one raised."""

from __future__ import annotations

import importlib
from typing import Any, Final

from daffi._wire import same_class
from daffi._wire.held_back_imports import reading

FLOW: Final = (StopIteration, StopAsyncIteration)
"""Exceptions that steer a loop rather than tell of an error: raised at the caller they would end its loop silently."""


def found(
    module: str,
    name: str,
    script: tuple[str, str | None] | None,
    shape: str | None,
    number: str | None,
) -> type[Exception] | None:
    """The class, where it is an exception that may be raised here."""
    kind = same_class.numbered(number) or _named(module, name, script, shape)
    # A remote SystemExit or KeyboardInterrupt must not end the caller.
    if not isinstance(kind, type) or not issubclass(kind, Exception) or issubclass(kind, FLOW):
        return None
    return kind


def _named(
    module: str, name: str, script: tuple[str, str | None] | None, shape: str | None
) -> object:
    """What has this name here; None where there is nothing."""
    try:
        if module in same_class.MAIN:
            if script is None or shape is None:
                return None
            return same_class.found((*script, name, shape))
        with reading:
            named: Any = same_class.script_known_as(module) or importlib.import_module(module)
            for part in name.split("."):
                named = getattr(named, part)
            return named
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - importing runs code of any kind
        return None
