"""`@fetcher` on a class: its public methods as fetchers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from daffi._methods import StandIn, offered_methods

if TYPE_CHECKING:
    from daffi._daffi import Fetcher
    from daffi._methods import Method


class Make(Protocol):
    """Makes the fetcher of a function, as the decorator was asked to."""

    def __call__(self, function: Any, *, name: str) -> Fetcher[Any, Any]: ...


def replace_methods(cls: type, make: Make, *, uses_body: bool) -> None:
    """Put fetchers in the place of the public methods of a class; `@local` ones stay, `@alias` ones call that name."""
    for method in offered_methods(cls, "@fetcher"):
        setattr(cls, method.attribute, FetcherMethod(method, make, uses_body=uses_body))


class FetcherMethod(StandIn):
    """Gives a fetcher when it is read, from the class or from an instance."""

    def __init__(self, method: Method, make: Make, *, uses_body: bool) -> None:
        super().__init__(method.raw)
        self._method = method
        self._make = make
        self._uses_body = uses_body
        # `self` does not travel, so one fetcher is for all instances, unless the body wants it.
        self._fetcher = make(getattr(method.raw, "__func__", method.raw), name=method.name)

    def __get__(self, instance: object, cls: type) -> Fetcher[Any, Any]:
        if self._uses_body:
            return self._make(self._method.bound(instance, cls), name=self._method.name)
        return self._fetcher
