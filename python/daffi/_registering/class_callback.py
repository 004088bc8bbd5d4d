"""`@callback` on a class: its public methods as callbacks, and the one instance that they run on."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from daffi._exceptions import InitializationError
from daffi._input.source_location import caller_location, location_of
from daffi._registering.injection import NAME, filled
from daffi._registering.methods import StandIn, offered_methods
from daffi._registering.registered import Registered
from daffi._registering.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from daffi._registering.methods import Method


IMMUTABLE: Final = 1 << 8
"""`Py_TPFLAGS_IMMUTABLETYPE`: of a class that takes no other `__init__`."""


FIELDS: Final = ("__dataclass_fields__", "__attrs_attrs__")
"""What classes have that `dataclass` or `attrs` made."""


def register(cls: type, at_once: int | None) -> None:
    """Make the methods of a class callbacks. The class stays what it was, and so do its instances.

    `at_once` is how many calls of each method may run at once.

    Raises:
        InitializationError: another callback has the name of one of them.
    """
    ClassCallback(cls, at_once).register()


class ClassCallback:
    """A class that is a callback.

    no instance ── __init__ begins: claim ──> claimed ── __init__ ends: serve ──> serving
         ^                                       │
         └────────── __init__ raises ────────────┘
    """

    def __init__(self, cls: type, at_once: int | None) -> None:
        self._cls = cls
        self._at_once = at_once
        # Of one entry at most. A dict, because its `setdefault` lets one of two threads win.
        self._instance: dict[str, object] = {}
        self._methods: list[Method] = []

    def register(self) -> None:
        """Offer the methods and wait for the instance."""
        if self._cls.__flags__ & IMMUTABLE:
            raise InitializationError(
                f"a class that is not written in Python cannot be a callback: {self._cls!r}, {caller_location()}\n"
                "hint: derive one from it"
            )
        found = offered_methods(self._cls, "@callback")
        if _is_abstract(self._cls) and any(method.needs_instance for method in found):
            raise InitializationError(
                f"a class that is a callback needs an instance, and this one is abstract: {location_of(self._cls)}\n"
                "hint: @callback on the class that implements it; it offers inherited methods, too"
            )
        self._methods = [_filled(_served(method)) for method in found]
        registry.add([self._before_instance(method) for method in self._methods])
        for before, method in zip(found, self._methods, strict=True):
            # Locally, too, `g` is filled; a fetcher stays one.
            if method is not before and not isinstance(before.raw, StandIn):
                setattr(self._cls, method.attribute, method.raw)
        self._watch_instances()

    def _before_instance(self, method: Method) -> Registered:
        cls = self._cls
        # Only its signature is of interest, which has lost `self`.
        accepts = method.bound(object(), cls)
        run = _without_instance(cls, method) if method.needs_instance else accepts
        return Registered(method.name, method.raw, run, accepts, self._at_once, cls)

    def _watch_instances(self) -> None:
        cls = self._cls
        # Read from the class, so that it may be inherited.
        original: Callable[..., None] = cls.__init__
        # The arguments are for `__new__`, which has taken them. `object.__init__` ignores them only as long as a class
        # does not override `__init__`, which is done here.
        drops_arguments = original is object.__init__ and cls.__new__ is not object.__new__
        takes_no_fields = original is object.__init__ and not _has_fields(cls)

        @functools.wraps(original)
        def __init__(instance: object, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - it takes its place
            made = type(instance)
            if (takes_no_fields and _has_fields(made)) or _is_copy(made, cls):
                raise _decorated_above(cls)
            if made is not cls:  # of a subclass, which is no callback by that
                return original(instance, *args, **kwargs)
            if drops_arguments:
                args, kwargs = (), {}
            is_first = self._claim(instance)
            try:
                original(instance, *args, **kwargs)
            except BaseException:
                if is_first:
                    self._instance.clear()
                raise
            self._serve(instance)
            return None

        cls.__init__ = __init__

    def _claim(self, instance: object) -> bool:
        """Make this the one instance; False where it is that already, as with singletons."""
        is_first = not self._instance
        if self._instance.setdefault("one", instance) is not instance:
            raise InitializationError(
                f"a class that is a callback has one instance, and this would be the second: {location_of(self._cls)}\n"
                "hint: keep the first and use it; callers cannot tell which of two they mean"
            )
        return is_first

    def _serve(self, instance: object) -> None:
        bound = [
            Registered(
                method.name,
                method.raw,
                method.bound(instance, self._cls),
                at_once=self._at_once,
                owner=self._cls,
            )
            for method in self._methods
            if method.needs_instance
        ]
        registry.replace(bound)


def _served(method: Method) -> Method:
    """What others call, where the class has a fetcher of that name for local calls."""
    return method._replace(raw=method.raw.raw) if isinstance(method.raw, StandIn) else method


def _filled(method: Method) -> Method:
    """The method with its parameter `g` filled, if it has one."""
    raw: Any = method.raw
    if isinstance(raw, functools.partialmethod):
        return _filled_in_part(method, cast("functools.partialmethod[Any]", raw))
    function = getattr(raw, "__func__", raw)
    made = filled(function)
    return method if made is function else method._replace(raw=method.remade(made))


def _filled_in_part(method: Method, partial: functools.partialmethod[Any]) -> Method:
    whole = method._replace(raw=partial.func)
    made = _filled(whole)
    if made is whole or NAME in partial.keywords:
        return method
    return method._replace(raw=functools.partialmethod(made.raw, *partial.args, **partial.keywords))


def _is_abstract(cls: type) -> bool:
    """Whether there can be no instance of it."""
    return inspect.isabstract(cls) or bool(getattr(cls, "_is_protocol", False))


def _has_fields(cls: type) -> bool:
    """Whether `dataclass` or its like has been there: they write `__init__` only where a class has none."""
    return any(mark in vars(cls) for mark in FIELDS)


def _is_copy(made: type, cls: type) -> bool:
    """Whether a decorator has made another class of this one, as those with `slots=True` do."""
    same_name = (made.__module__, made.__qualname__) == (cls.__module__, cls.__qualname__)
    return same_name and not issubclass(made, cls)


def _decorated_above(cls: type) -> InitializationError:
    return InitializationError(
        f"a decorator above @callback has changed the class, and @callback has seen it as it was: {location_of(cls)}\n"
        "hint: write @callback on top, above @dataclass and its like"
    )


def _without_instance(cls: type, method: Method) -> Callable[..., NoReturn]:
    def run(*_args: Any, **_kwargs: Any) -> NoReturn:
        raise InitializationError(
            f"{cls.__qualname__}.{method.attribute} needs an instance of {cls.__qualname__}, "
            f"and this process has made none yet\nhint: {cls.__qualname__}(...) in the process that offers it"
        )

    return run
