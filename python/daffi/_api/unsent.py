"""What users are told of a call that was given no modifier, or of a name that was given one and not called."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final, NoReturn

from daffi._daffi import Call
from daffi._exceptions import InitializationError, UnsentError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

_registries: Final[dict[str, dict[str | tuple[str, type[Warning], int], int]]] = {}
"""What `warnings` remembers of each file, so that it tells of each place once."""


def warn(call: str, code: CodeType, instruction: int, is_awaited: bool) -> None:  # noqa: FBT001 - only the seam calls it
    """Warn that a call was dropped and has not run. Called by the seam."""
    how = "was awaited and has not run" if is_awaited else "has not run"
    _warn(f"{call} {how}: it was given no modifier\nhint: {_right(call)}", code, instruction)


def warn_uncalled(name: str, modifier: str, code: CodeType, instruction: int) -> None:
    """Warn that a name was given a modifier, dropped, and not called. Called by the seam."""
    text = f"{name} & {modifier} calls nothing: its parentheses are missing"
    _warn(f"{text}\nhint: {name}(...) & {modifier}", code, instruction)


def _warn(text: str, code: CodeType, instruction: int) -> None:
    filename, line = code.co_filename, _line(code, instruction)
    registry = _registries.setdefault(filename, {})
    try:
        warnings.warn_explicit(text, RuntimeWarning, filename, line, registry=registry)
    except RuntimeWarning:
        # An error has the place of its traceback, which is here.
        raise RuntimeWarning(f"{filename}:{line}: {text}") from None


def _line(code: CodeType, instruction: int) -> int:
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return line
    return code.co_firstlineno


def _right(call: str) -> str:
    return f"{call} & FG, in a coroutine await ({call} & FG)"


_MISUSES: Final = {
    "is no truth value": ("bool",),
    "cannot be compared": ("eq", "ne", "lt", "le", "gt", "ge"),
    "cannot be iterated": ("iter", "aiter", "reversed"),
    "has no length": ("len",),
    "has no items": ("getitem", "setitem", "delitem", "contains"),
    "is no number": ("int", "float", "complex", "index", "round", "trunc", "floor", "ceil"),
    "cannot be computed with": (
        *("neg", "pos", "abs", "invert", "divmod", "rdivmod", "pow", "rpow", "xor", "rxor"),
        *("add", "radd", "sub", "rsub", "mul", "rmul", "matmul", "rmatmul", "ror"),
        *("truediv", "rtruediv", "floordiv", "rfloordiv", "mod", "rmod"),
        *("lshift", "rlshift", "rshift", "rrshift"),
    ),
    "is no context manager": ("enter", "exit", "aenter", "aexit"),
    "cannot be called again": ("call",),
    "does not travel": ("reduce_ex",),
}
"""How a value may be used and a call may not, by the names of Python's methods for it."""


def _refused(what: str) -> Callable[..., NoReturn]:
    def refuse(self: Call[Any], *_args: object) -> NoReturn:
        self.settle()
        raise InitializationError(
            f"a call that has not run {what}: {self.spelling}\nhint: {_right(self.spelling)}"
        )

    return refuse


def _attribute(self: Call[Any], name: str) -> NoReturn:
    # Python's own tools look for much that starts so, and go on without it.
    if name.startswith("_"):
        raise AttributeError(name)
    raise UnsentError(
        f"a call that has not run has no {name!r}: {self.spelling}\nhint: {_right(self.spelling)}"
    )


def _formatted(self: Call[Any], spec: str) -> str:
    if spec:
        _refused(f"cannot be formatted as {spec!r}")(self)
    return repr(self)


def refuse_misuse() -> None:
    """Have a call refuse what is meant for its value, with the right spelling."""
    anything: Any = Call
    for what, names in _MISUSES.items():
        for name in names:
            setattr(anything, f"__{name}__", _refused(what))
    anything.__format__ = _formatted
    anything.__getattr__ = _attribute
