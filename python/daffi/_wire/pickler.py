"""The pickler of values that do not travel typed: cloudpickle's, but what that would change keeps its type."""

from __future__ import annotations

import enum
import functools
import io
import pickle
import sys
import weakref
from collections import ChainMap
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from daffi._wire import pickled_by_name, same_class
from daffi._wire.held_back_imports import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pickle import Pickler as Base

    _cloudpickle: Any = None
else:
    # What pickles by value is not public there. Its public registry of modules to pickle by value is one for the whole
    # process, and would change what other threads pickle.
    from cloudpickle import CloudPickler as Base
    from cloudpickle import cloudpickle as _cloudpickle

_HEAP_TYPE: Final = 1 << 9
"""The flag of classes that are made by a `class` statement."""


_OF_MEMBERS: Final = frozenset({"_name_", "_value_", "_sort_order_", "__objclass__"})
"""What every member of an enum has, made with it."""

_MAKERS: Final = (_cloudpickle._make_skeleton_class, _cloudpickle._make_skeleton_enum)  # noqa: SLF001 - not public


class Pickler(Base):
    """Pickles by value what cannot be imported, and keeps types where cloudpickle does not."""

    package: str | None = None
    """A package whose functions travel by value, and its classes with where they may be found."""

    unsendable: str | None = None
    """Why classes of the script are sent by their places alone: something that they use cannot travel. None where they
    are sent whole."""

    has_placed: bool = False
    """Whether it has met a class that the other side may have."""

    def dump(self, obj: Any) -> None:
        """Pickle it. What imports a module to see whether it can be named is none of the process's own imports."""
        with reading:
            super().dump(obj)

    def reducer_override(self, obj: Any) -> Any:
        """What `obj` is made of; called for everything but the builtin types."""
        kind = cast("type[Any]", type(obj))
        if not issubclass(kind, (type, FunctionType, BaseException, ModuleType, TypeVar)):
            made = NotImplemented if kind in _OWN_TABLE else pickled_by_name.reduction(obj)
            return self._reduced_by_name(obj, made) if isinstance(made, str) else made
        if issubclass(kind, BaseException):
            made = _reduced_exception(obj)
            made = pickled_by_name.reduction(obj) if made is NotImplemented else made
            return self._reduced_by_name(obj, made) if isinstance(made, str) else made
        if self.package is not None and _is_of(obj, self.package):
            reduced = self._reduced_whole(obj)
        elif issubclass(kind, ModuleType):
            # A module may have a class of its own.
            return self.dispatch_table[ModuleType](obj)
        else:
            reduced: Any = super().reducer_override(obj)
        if not issubclass(kind, type) or not isinstance(reduced, tuple):
            return reduced
        return self._placed(obj, _with_bases(obj, _with_slots(obj, _with_members(obj, reduced))))

    def _reduced_by_name(self, obj: Any, name: str) -> Any:
        is_taken_along = self.package is not None and _is_of(obj, self.package)
        return pickled_by_name.reduced(obj, name, is_taken_along=is_taken_along)

    def _placed(self, kind: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
        """The class that travels by value, with where the other side may have it."""
        place = same_class.place_of(kind, self._package_of(kind))
        if place is None:
            # Of a class that travels by its name there is nothing to complete.
            return same_class.as_copy(reduced) if reduced[0] in _MAKERS else reduced
        self.has_placed = True
        if self.unsendable is not None:
            return same_class.placed(place, self.unsendable)
        return same_class.with_place(place, reduced)

    def _package_of(self, kind: type) -> str | None:
        """The package or module that travels, of a class of it."""
        if self.package is not None and _is_of(kind, self.package):
            return self.package
        module = sys.modules.get(str(kind.__module__))
        if not isinstance(module, ModuleType):
            return None
        # Its user may have told cloudpickle so.
        return module.__name__ if _cloudpickle._is_registered_pickle_by_value(module) else None  # noqa: SLF001 - as above

    def _reduced_whole(self, obj: Any) -> Any:
        """What is of the package that travels by value."""
        if isinstance(obj, FunctionType):
            whole: Any = self
            return whole._dynamic_function_reduce(obj)  # noqa: SLF001 - as above
        if isinstance(obj, type):
            return _cloudpickle._dynamic_class_reduce(obj)  # noqa: SLF001 - as above
        if isinstance(obj, TypeVar):
            made_with = _cloudpickle._decompose_typevar(obj)  # noqa: SLF001 - as above
            return _cloudpickle._make_typevar, made_with  # noqa: SLF001 - as above
        state: dict[str, Any] = obj.__dict__.copy()
        state.pop("__builtins__", None)
        return _cloudpickle.dynamic_subimport, (obj.__name__, state)


def _is_of(obj: Any, package: str) -> bool:
    name = getattr(obj, "__name__" if isinstance(obj, ModuleType) else "__module__", None)
    return isinstance(name, str) and (name == package or name.startswith(package + "."))


def _with_slots(kind: type, reduced: Any) -> Any:
    """Let a class that travels by value have its slots: cloudpickle makes it without."""
    slots = kind.__dict__.get("__slots__")
    if slots is None:
        return reduced
    # What makes the class, with what, and what is set on it then.
    maker: Any
    made_with: tuple[Any, ...]
    state: tuple[dict[str, Any], Any]
    rest: list[Any]
    maker, made_with, state, *rest = cast("tuple[Any, ...]", reduced)
    # An enum is made by its members, and a named tuple gets its slots by itself.
    if maker.__name__ != "_make_skeleton_class" or NamedTuple in made_with[2]:
        return reduced
    members = {
        name: member
        for name, member in state[0].items()
        if not (isinstance(member, MemberDescriptorType) and member.__objclass__ is kind)
    }
    namespace = {**made_with[3], "__slots__": members.pop("__slots__", slots)}
    return maker, (*made_with[:3], namespace, *made_with[4:]), (members, state[1]), *rest


def _with_members(kind: type, reduced: Any) -> Any:
    """Let an enum that travels by value have its aliases, and its members what their constructor set."""
    if not isinstance(kind, enum.EnumType) or reduced[0] is not _cloudpickle._make_skeleton_enum:  # noqa: SLF001 - as above
        return reduced
    maker: Any
    made_with: tuple[Any, ...]
    attributes: dict[str, Any]
    maker, made_with, (attributes, slots), *rest, set_state = reduced
    members = cast("Mapping[str, Any]", kind.__members__)
    values = {name: member.value for name, member in members.items()}
    attributes = {name: value for name, value in attributes.items() if name not in members}
    own: dict[str, dict[str, Any]] = {name: vars(member) for name, member in members.items()}
    set_by_constructor = {
        name: {key: value for key, value in held.items() if not _is_made_again(kind, key)}
        for name, held in own.items()
    }
    state = set_state, (attributes, slots), set_by_constructor
    return maker, (*made_with[:3], values, *made_with[4:]), state, *rest, _set_enum


def _is_made_again(kind: type, key: str) -> bool:
    """Whether a member has this by itself. What a property keeps there may be nothing that travels."""
    return key in _OF_MEMBERS or isinstance(getattr(kind, key, None), functools.cached_property)


def _set_enum(kind: Any, state: tuple[Callable[..., Any], Any, dict[str, Any]]) -> None:
    set_state, value, set_by_constructor = state
    set_state(kind, value)
    for name, attributes in set_by_constructor.items():
        member: Any = kind.__members__[name]
        member.__dict__.update(attributes)


def _with_bases(kind: type, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Let a TypedDict be made as one: as a base its metaclass takes no dict, which all that are made have."""
    metaclass = type(kind)
    if metaclass.__name__ != "_TypedDictMeta" or dict not in reduced[1][2]:
        return reduced
    # There may be one of `typing_extensions`, too.
    base = sys.modules[metaclass.__module__].TypedDict
    maker, made_with, *rest = reduced
    return maker, (*made_with[:2], (base,), *made_with[3:]), *rest


def _reduced_exception(error: BaseException) -> Any:
    """An exception without its constructor, which may want other arguments than `args` has."""
    kind = type(error)
    if not kind.__flags__ & _HEAP_TYPE or not _is_reduced_as_builtin(kind):
        return NotImplemented
    made: Any = error.__reduce__()
    state: dict[str, object] = dict(made[2]) if len(made) > 2 and made[2] else {}  # noqa: PLR2004 - class, arguments, state
    args = made[1]
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        if not args or args[0] is not group.message:  # arguments of a `__new__` of its own
            state["args"] = args
            args = (group.message, group.exceptions)
    for base in kind.__mro__:
        for name, slot in base.__dict__.items():
            if isinstance(slot, MemberDescriptorType) and base.__flags__ & _HEAP_TYPE:
                try:
                    state.setdefault(name, slot.__get__(error))
                except AttributeError:  # not set
                    continue
    return _made_exception, (kind, args), state, None, None, _set_members


def _is_reduced_as_builtin(kind: type[BaseException]) -> bool:
    names = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")
    return not any(isinstance(getattr(kind, name, None), FunctionType) for name in names)


def _made_exception(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """An exception of this class as its builtin bases make it, without a constructor of the user's.

    Of a class that is a ValueError and an OSError the nearest is ValueError, and only OSError, whose layout it has, can
    make objects.
    """
    layout: Any = kind
    while layout.__flags__ & _HEAP_TYPE:
        layout = layout.__base__
    nearest = next(base for base in kind.__mro__ if not base.__flags__ & _HEAP_TYPE)
    error: BaseException = layout.__new__(kind, *args)
    nearest.__init__(error, *args)
    return error


def _set_members(obj: object, state: Mapping[str, object]) -> None:
    for name, value in state.items():
        object.__setattr__(obj, name, value)


def _reduced_view(view: memoryview) -> Any:
    """A memoryview with its format and shape; in C order and in one piece."""
    plain: Any = memoryview(bytes(view.itemsize))
    try:
        plain.cast(view.format, ())
    except (TypeError, ValueError):
        raise TypeError(f"cannot pickle a memoryview of format {view.format!r}") from None
    if view.nbytes == 0 and view.ndim != 1:
        raise TypeError(f"cannot pickle an empty memoryview of shape {view.shape}")
    data: Any = view
    if not view.c_contiguous:
        data = view.tobytes() if view.readonly else bytearray(view.tobytes())
    shape = None if view.ndim == 1 else view.shape
    return _made_view, (pickle.PickleBuffer(data), view.format, shape)


def _made_view(data: Any, kind: str, shape: tuple[int, ...] | None) -> memoryview:
    flat: Any = memoryview(data).cast("B")
    return cast("memoryview", flat.cast(kind) if shape is None else flat.cast(kind, shape))


def _reduced_file(file: io.TextIOWrapper) -> Any:
    for name in ("stdout", "stderr"):
        if file is getattr(sys, name):
            return getattr, (sys, name)
    raise TypeError("cannot pickle an open file")


def _reduced_weak_keys(mapping: weakref.WeakKeyDictionary[Any, Any]) -> Any:
    """With classes as keys, as the cache of `functools.singledispatch`: others would be collected when they arrive."""
    items = dict(mapping)
    if not all(isinstance(key, type) for key in items):
        raise TypeError("cannot pickle a WeakKeyDictionary, whose keys nothing would keep")
    return weakref.WeakKeyDictionary, (items,)


def _reduced_cached_property(cached: functools.cached_property[Any]) -> Any:
    """Without its lock, which Python 3.11 gives it; a class of the script that has one travels then."""
    state = {name: value for name, value in vars(cached).items() if name != "lock"}
    return functools.cached_property, (cached.func,), state


_KEPT: Final[dict[type, Callable[[Any], Any]]] = {
    weakref.WeakKeyDictionary: _reduced_weak_keys,
    functools.cached_property: _reduced_cached_property,
    memoryview: _reduced_view,
    io.TextIOWrapper: _reduced_file,
}

_TABLES: Final[list[Any]] = cast("Any", Base.dispatch_table).maps
# In one table: it is looked up for every object.
_OWN_TABLE: Final[dict[type, Callable[[Any], Any]]] = {**_TABLES[0], **_KEPT}
Pickler.dispatch_table = ChainMap(_OWN_TABLE, *_TABLES[1:])
