"""Whether a callback of a taken name is the old one, written or loaded again, and what is wrong if it is not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from daffi._input.source_location import origin
from daffi._registering.signature import below_filling

if TYPE_CHECKING:
    from types import CodeType

    from daffi._registering.registered import Registered


def is_reload(old: Registered, new: Registered) -> bool:
    """Whether the new one comes from running the code of the old one again, changed or not."""
    if old.owner is not new.owner and not _is_rewritten(old.owner, new.owner):
        return False
    if below_filling(new.function) is below_filling(old.function):
        return True
    before, after = origin(old.function), origin(new.function)
    if not _is_rewritten(before, after):
        return False
    first, second = _code(before), _code(after)
    # Every load compiles or reads the code anew: the same code again is a loop.
    if first is None or second is None or first is second:
        return False
    return _is_at(first, second) or _is_interactive(after, second) or old.spec is not new.spec


def why_second(old: Registered, new: Registered) -> str:
    """What to do about a second callback of one name."""
    before, after = origin(old.function), origin(new.function)
    first, second = _code(before), _code(after)
    if first is not None and second is not None:
        if first is second:
            return (
                "one definition has run twice, as in a loop, and callers cannot tell which they mean; "
                'give each a name: callback(alias("name")(function))'
            )
        if before.__module__ != after.__module__ and _is_at(first, second):
            return (
                f"this file was loaded under two names, {before.__module__} and {after.__module__}; "
                "import it by one name, and move what both a script and its modules need into a module of its own"
            )
    return "a name is one function for all processes; rename one of the two, or use @alias"


def _code(function: object) -> CodeType | None:
    return getattr(function, "__code__", None)


def _is_at(first: CodeType, second: CodeType) -> bool:
    # One file may have two spellings: a script is named as it was called.
    return first.co_firstlineno == second.co_firstlineno and os.path.abspath(  # noqa: PTH100 - pathlib is slow to import
        first.co_filename
    ) == os.path.abspath(second.co_filename)  # noqa: PTH100


def _is_interactive(function: Any, code: CodeType) -> bool:
    """Whether it was written at a prompt or in a notebook, where a definition is changed by writing it again.

    Kernels name each version of a cell like a file, which is not there.
    """
    if code.co_filename.startswith("<"):
        return True
    has_file = hasattr(sys.modules.get("__main__"), "__file__") and os.path.exists(code.co_filename)  # noqa: PTH110 - as above
    return function.__module__ == "__main__" and not has_file


def _is_rewritten(before: object, after: object) -> bool:
    """Whether the code at one place, which runs once for each load of its module, made both."""
    written = _written_as(after)
    # What is made and not written, as `functools.partial`, has no name of its own.
    return None not in written and written == _written_as(before) and "<locals>" not in written[1]


def _written_as(function: object) -> tuple[Any, Any]:
    return getattr(function, "__module__", None), getattr(function, "__qualname__", None)
