"""What may be the name of a process or a callback."""

from __future__ import annotations

from daffi._daffi import name_problem
from daffi._input.quoted import quoted


def refuse_own(name: object, own: str, error: type[Exception], hint: str) -> None:
    """Raise an `error` where a process is given its own name for that of another."""
    if name == own:
        raise error(f"this is the process {name!r} itself\nhint: {hint}")


def checked(name: str, error: type[Exception], what: str) -> str:
    """The name, if it can be one; else an `error` that says what is wrong with `what`."""
    problem = name_problem(name)
    if problem is not None:
        raise error(f"not {what}: {quoted(name)}: {problem}")
    return name
