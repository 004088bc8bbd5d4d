"""`g.call`: every remote callback as an attribute, without a fetcher."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

from daffi._daffi import AwaitedFetcher, Fetcher
from daffi._exceptions import InitializationError
from daffi._input.names import checked

if TYPE_CHECKING:
    from daffi._daffi import Call, Runtime


class Calls:
    """What others offer, by name: `g.call.greet("you") & FG`."""

    _runtime: Runtime

    def __init__(self, runtime: Runtime) -> None:
        self.__dict__["_runtime"] = runtime

    def __getattr__(self, name: str) -> Fetcher[..., Call[Any]]:
        if name.startswith("__") and name.endswith("__"):
            # What Python's own tools look for (copy, pickle, inspect) is no callback.
            raise AttributeError(name)
        if not name:
            raise _nameless()
        made: Fetcher[..., Call[Any]] = AwaitedFetcher(name, value="fitting")
        # Found directly from the next time on, without coming here.
        self.__dict__[name] = made
        return made

    def __getitem__(self, name: str) -> Fetcher[..., Call[Any]]:
        """A callback whose name is in a variable, or is none that Python takes for an attribute."""
        return AwaitedFetcher(
            checked(name, InitializationError, "the name of a callback"), value="fitting"
        )

    def __setattr__(self, name: str, value: object) -> None:
        mock: Any = getattr(sys.modules.get("unittest.mock"), "NonCallableMock", ())
        if isinstance(value, (Fetcher, mock)):
            # For a test, and back.
            self.__dict__[name] = value
            return
        raise AttributeError(
            f"g.call.{name} is what others offer, and cannot be set\n"
            "hint: @callback offers a function of this process to others; mock.patch.object replaces it in a test"
        )

    __iter__ = None
    """Not what indexing would make of it: names are on no line of numbers."""

    def __dir__(self) -> list[str]:
        """What the others offer now, so that a REPL can complete it."""
        offered = self._runtime.registered_callbacks()
        return sorted({name for names in offered.values() for name in names})

    def __repr__(self) -> str:
        return f"<daffi calls, on offer: {', '.join(dir(self)) or 'nothing'}>"

    # Not for type checkers, who say by themselves that neither is possible.
    if not TYPE_CHECKING:

        def __and__(self, modifier: object) -> NoReturn:
            raise _nameless()

        def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
            raise _nameless()


def _nameless() -> InitializationError:
    return InitializationError("g.call without the name of a callback\nhint: g.call.name(...) & FG")
