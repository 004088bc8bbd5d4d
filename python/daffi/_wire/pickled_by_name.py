"""Objects that pickle themselves by a name, which in another process may stand for something else."""

from __future__ import annotations

import copyreg
import functools
import importlib
import pickle
from typing import TYPE_CHECKING, Any, Final, cast

from daffi._wire import same_class

if TYPE_CHECKING:
    from collections.abc import Callable

    _cloudpickle: Any = None
else:
    from cloudpickle import cloudpickle as _cloudpickle


_pickle: Any = pickle

# Looked up for every object that is pickled.
_REDUCE_EX: Final = object.__reduce_ex__
_REDUCE: Final = object.__reduce__


def reduction(obj: Any) -> Any:
    """What `obj` says that it is made of, or its name; NotImplemented where it says nothing of its own."""
    kind = cast("type[Any]", type(obj))
    if kind in copyreg.dispatch_table:
        return copyreg.dispatch_table[kind](obj)
    if kind.__reduce_ex__ is _REDUCE_EX and kind.__reduce__ is _REDUCE:
        return NotImplemented
    return obj.__reduce_ex__(5)


def reduced(obj: Any, name: str, *, is_taken_along: bool) -> Any:
    """What is sent of `obj`, which says that it goes by this name.

    Args:
        obj: no class, and no function of Python.
        name: its qualified name.
        is_taken_along: whether it is of a package that travels, so that nobody need have it.

    Raises:
        PicklingError: it is of a started script that has no file, so that no other process is known to have it.
    """
    found = _cloudpickle._lookup_module_and_qualname(obj, name=name)  # noqa: SLF001 - not public, as in `pickler`
    is_own = found is None or _cloudpickle._is_registered_pickle_by_value(found[0])  # noqa: SLF001 - as above
    if not is_own and not is_taken_along:
        return name
    parts = _MADE_OF.get(_kind(obj))
    if parts is not None:
        return parts(obj)
    if _pickle.whichmodule(obj, name) not in same_class.MAIN:
        # Of a module that the other side may have; or of none, which pickle says better.
        return name
    place = same_class.place_of_named(obj, name)
    if place is None:
        raise pickle.PicklingError(
            f"it says that it is {name!r} of the started script, which is something else in another process; "
            "put it into a module that both processes import"
        )
    return same_class.found_by_name, (place,)


def _kind(obj: Any) -> str:
    return f"{type(obj).__module__}.{type(obj).__name__}"


def _parts_of_cached(function: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    own: dict[str, Any] = {**vars(function)}
    # Both are made with it.
    del own["__wrapped__"], own["cache_parameters"]
    return _made_cached, (function.__wrapped__, function.cache_parameters(), own)


def _made_cached(function: Any, parameters: dict[str, Any], own: dict[str, Any]) -> Any:
    """A function with an empty cache. Called by pickles."""
    made = functools.lru_cache(**parameters)(function)
    vars(made).update(own)
    return made


def _parts_of_type(kind: Any) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    made_with: tuple[Any, ...] = (kind.__name__,)
    options: dict[str, Any] = {}
    if hasattr(kind, "__supertype__"):  # a NewType
        made_with = (kind.__qualname__, kind.__supertype__)
    elif hasattr(kind, "__bound__"):  # a ParamSpec
        options = {"bound": kind.__bound__}
        options |= {name: getattr(kind, f"__{name}__") for name in ("covariant", "contravariant")}
    number = _cloudpickle._get_or_create_tracker_id(kind)  # noqa: SLF001 - as above
    parts = (_kind(kind), made_with, options, kind.__module__, number)
    place = same_class.place_of_named(kind, kind.__name__)
    if place is None:
        return _made_type, parts
    return same_class.found_or_made, (place, _made_type, parts)


def _made_type(
    kind: str, made_with: tuple[Any, ...], options: dict[str, Any], module: str, number: str
) -> Any:
    """The same each time it comes, and back where it is from the one that it was. Called by pickles."""
    place, _, name = kind.rpartition(".")
    made: Any = getattr(importlib.import_module(place), name)(*made_with, **options)
    made.__module__ = module
    return _cloudpickle._lookup_class_or_track(number, made)  # noqa: SLF001 - as above


_MADE_OF: Final[dict[str, Callable[[Any], tuple[Callable[..., Any], tuple[Any, ...]]]]] = {
    "functools._lru_cache_wrapper": _parts_of_cached,
    **{
        f"{module}.{name}": _parts_of_type
        for module in ("typing", "typing_extensions")
        for name in ("NewType", "ParamSpec", "TypeVarTuple")
    },
}
"""What can be made again, and how: by the names of its type, as not every version of Python has each."""
