"""Refuses keyword arguments of names that there are not, with the name that was probably meant."""

from __future__ import annotations

import functools
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from daffi._exceptions import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

C = TypeVar("C")

_owners: Final[dict[str, list[str]]] = {}
"""Which modifiers and policies have a field of a name."""


def refuse_unknown(names: Iterable[str], of: str, known: Iterable[str], where: str = "") -> None:
    """Refuse what is given to `of` by a name that it does not know, with the one that may have been meant.

    Raises:
        UnknownNameError: there is such a name.
    """
    known = list(known)
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"{of} takes nothing of this name: {name!r}{where}\n{_hint(name, known)}"
            )


def with_known_fields(cls: type[C]) -> type[C]:
    """Above `@dataclass`: let a field that there is not be refused with the one that may have been meant."""
    known = frozenset(field.name for field in fields(cls))  # pyright: ignore[reportArgumentType] - it is a dataclass
    plain: Callable[..., None] = cls.__init__
    for field in known:
        _owners.setdefault(field, []).append(cls.__name__)

    @functools.wraps(plain)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807 - it takes its place
        if not known.issuperset(given):
            refuse_unknown(given, cls.__name__, (field.name for field in fields(cls)))  # pyright: ignore[reportArgumentType] - as above
        plain(self, *args, **given)

    cls.__init__ = __init__
    return cls


def _hint(name: str, known: list[str]) -> str:
    """Names the one that has the name as a part, or is spelled much like it; else all, and who else takes it."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to import, and for mistakes alone

    wider = [other for other in known if f"_{name.lower()}_" in f"_{other}_"]
    meant = next(iter(wider or get_close_matches(name.lower(), known)), None)
    if meant:
        return f"hint: did you mean {meant}?"
    *others, last = _owners.get(name, [""])
    elsewhere = (
        f"; {', '.join(others)} and {last} take {name!r}" if others else f"; {last} takes {name!r}"
    )
    return f"hint: there are: {', '.join(known)}{elsewhere if last else ''}"
