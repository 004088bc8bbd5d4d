"""`@fetcher` on a class: its public methods as fetchers."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Any, Final, Protocol

from daffi._registering.methods import StandIn, offered_methods
from daffi._registering.registered import is_async
from daffi._registering.signature import signature_of

if TYPE_CHECKING:
    from daffi._daffi import Fetcher
    from daffi._registering.methods import Method


CODE: Final = ("__name__", "__code__", "__defaults__", "__kwdefaults__", "__annotations__")
"""What `inspect` knows a coroutine function by that is none of Python's own."""


class Make(Protocol):
    """Makes the fetcher of a function, as the decorator was asked to."""

    def __call__(self, function: Any, *, name: str) -> Fetcher[Any, Any]: ...


def replace_methods(cls: type, make: Make, *, uses_body: bool) -> None:
    """Put fetchers in the place of the public methods of a class; `@local` ones stay, `@alias` ones call that name."""
    for method in offered_methods(cls, "@fetcher"):
        made = FetcherMethod(cls, method, make, uses_body=uses_body)
        setattr(cls, method.attribute, made)
    abc.update_abstractmethods(cls)


class FetcherMethod(StandIn):
    """Gives a fetcher when it is read, from the class or from an instance.

    `unittest.mock` does not read it: it looks into the class, and finds what can be called like the fetcher, and is
    a coroutine function where its function is.
    """

    def __init__(self, cls: type, method: Method, make: Make, *, uses_body: bool) -> None:
        super().__init__(method.raw)
        self._method = method
        self._make = make
        self._uses_body = uses_body
        # `self` does not travel, so one fetcher is for all instances, unless the body wants it.
        function = getattr(method.raw, "__func__", method.raw)
        self._fetcher: Any = make(function, name=method.name)
        signature = signature_of(method.bound(object(), cls))
        if signature is not None:
            self._fetcher.__signature__ = signature
        if is_async(function):
            for name in CODE:
                setattr(self, name, getattr(function, name))

    def __get__(self, instance: object, cls: type) -> Fetcher[Any, Any]:
        if self._uses_body:
            return self._make(self._method.bound(instance, cls), name=self._method.name)
        return self._fetcher

    @property
    def __call__(self) -> Fetcher[Any, Any]:
        return self._fetcher
