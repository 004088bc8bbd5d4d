"""The methods of a class that `@callback` and `@fetcher` on the class are for."""

from __future__ import annotations

import functools
import inspect
import types
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from daffi._exceptions import InitializationError
from daffi._input.source_location import location_of
from daffi._registering.alias import alias_of, is_local
from daffi._registering.signature import signature_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIPTORS: Final = (
    staticmethod,
    classmethod,
    functools.partialmethod,
    functools.singledispatchmethod,
)
"""What is no function itself and gives one when it is read."""

BUILTIN: Final = (
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
"""Methods of classes like dict and Exception: who derives from them does not mean to offer these."""


class StandIn:
    """Stands in a class for one of its methods, which it keeps."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw


class Method(NamedTuple):
    """One method, as it stands in the class."""

    name: str
    """What others call it by."""
    attribute: str
    raw: Any
    """What stands in the class: a function, a staticmethod, or another descriptor."""

    @property
    def needs_instance(self) -> bool:
        """Whether it works only on an instance."""
        return not isinstance(self.raw, (staticmethod, classmethod))

    def bound(self, instance: object, cls: type) -> Any:
        """The method of an instance; for static and class methods the instance does not matter."""
        bound = self.raw.__get__(instance, cls)
        return _dispatching(self.raw, bound) if _dispatches(self.raw) else bound

    def remade(self, function: Any) -> Any:
        """Another function in the manner of this one, to stand in the class."""
        return function if self.needs_instance else type(self.raw)(function)


def _dispatches(raw: object) -> bool:
    return isinstance(raw, functools.singledispatchmethod)


def _dispatching(raw: functools.singledispatchmethod[Any], bound: Any) -> Any:
    """A bound method that chooses by its first argument; unbound, Python takes `self` for one of its parameters."""

    @functools.wraps(raw.func)
    def run(*args: Any, **kwargs: Any) -> Any:
        return bound(*args, **kwargs)

    whole: Any = run
    whole.__signature__ = inspect.signature(types.MethodType(raw.func, raw))
    return run


def is_unbound_method(function: object) -> bool:
    """Whether it stands in the body of a class and takes the object first."""
    if not isinstance(function, types.FunctionType):
        return False
    owner = function.__qualname__.rpartition(".")[0]
    signature = signature_of(function)
    first = None if signature is None else next(iter(signature.parameters), None)
    return owner != "" and not owner.endswith("<locals>") and first in {"self", "cls"}


def offered_methods(cls: type, decorator: str) -> list[Method]:
    """What a decorator on a class is for.

    Raises:
        InitializationError: two methods have one name, or there is none.
    """
    found = methods(cls)
    if not found:
        raise InitializationError(
            f"{decorator} on a class is for its public methods, and this has none: {location_of(cls)}\n"
            "hint: give it a method without a leading underscore or @local; @alias gives a private one a public name"
        )
    return found


def methods(cls: type) -> list[Method]:
    """The public methods of a class, its own first, then inherited ones; those with an alias, and none that is local.

    Raises:
        InitializationError: two of them have one name.
    """
    found: dict[str, Method] = {}
    for method in _methods(cls):
        other = found.setdefault(method.name, method)
        if other is not method:
            raise InitializationError(
                f"two methods of one class have the name {method.name!r}: "
                f"{location_of(other.raw)} and {location_of(method.raw)}\n"
                "hint: another @alias"
            )
    return list(found.values())


def _methods(cls: type) -> Iterator[Method]:
    seen: set[str] = set()
    for owner in cls.__mro__:
        for attribute, raw in list(vars(owner).items()):
            if attribute in seen:
                continue
            seen.add(attribute)
            written = raw.raw if isinstance(raw, StandIn) else raw
            if not _is_method(written) or is_local(written):
                continue
            name = alias_of(written)
            if name is not None or not attribute.startswith("_"):
                yield Method(name or attribute, attribute, raw)


def _is_method(raw: object) -> bool:
    if isinstance(raw, DESCRIPTORS):
        return True
    is_function = callable(raw) and hasattr(type(raw), "__get__")
    return is_function and not isinstance(raw, BUILTIN)
