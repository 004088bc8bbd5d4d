"""`@fetcher`: the local stand-in for a remote callback of the same name."""

from __future__ import annotations

import functools
import inspect
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Never,
    NoReturn,
    ParamSpec,
    TypeVar,
    cast,
    overload,
)

from daffi._daffi import AwaitedFetcher, Fetcher
from daffi._exceptions import InitializationError
from daffi._input.quoted import quoted
from daffi._input.source_location import caller_location, location_of
from daffi._input.unknown_names import refuse_unknown
from daffi._registering.alias import name_of
from daffi._registering.class_fetcher import replace_methods
from daffi._registering.methods import is_unbound_method
from daffi._registering.registered import is_async, is_async_generator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from daffi._api.fetcher_types import (
        AwaitedStream,
        Background,
        BodyBackground,
        BodyForeground,
        BodyPending,
        Broadcasting,
        Foreground,
        Forgetting,
        Gathering,
        Items,
        MaybeBackground,
        Scheduling,
        Streaming,
    )
    from daffi._api.modifiers import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM
    from daffi._daffi import Call, RemoteStream

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

NAMES: Final = ("exec_modifier", "args_from_body")
"""What the decorator takes by name."""


if TYPE_CHECKING:

    def __body_unknown__(*args: object, **kwargs: object) -> NoReturn:  # noqa: N807 - the name users write
        """For type checkers it never returns, so that the fetcher needs no `return`."""
        ...

else:

    def __body_unknown__(*args: object, **kwargs: object) -> None:  # noqa: N807 - as above
        """Stand in the body of a fetcher, which does not run.

        It takes the parameters so that no tool finds them unused. Should it run all the same, it gives None.
        """


# Modifiers first: a modifier's class is callable, too, and must not be taken for the function.
@overload
def fetcher(
    exec_modifier: type[FG] | FG, *, args_from_body: Literal[False] = False
) -> Foreground: ...
@overload
def fetcher(
    exec_modifier: type[BG[Any]] | BG[Literal[True]], *, args_from_body: Literal[False] = False
) -> Background: ...
@overload
def fetcher(
    exec_modifier: type[NO_RETURN] | NO_RETURN | BG[Literal[False]], *, args_from_body: bool = False
) -> Forgetting: ...
@overload
def fetcher(
    exec_modifier: BROADCAST[Literal[True]], *, args_from_body: bool = False
) -> Gathering: ...
@overload
def fetcher(
    exec_modifier: type[BROADCAST[Any]] | BROADCAST[Literal[False]], *, args_from_body: bool = False
) -> Forgetting: ...
@overload
def fetcher(exec_modifier: BROADCAST[bool], *, args_from_body: bool = False) -> Broadcasting: ...
@overload
def fetcher(
    exec_modifier: BG[bool], *, args_from_body: Literal[False] = False
) -> MaybeBackground: ...
@overload
def fetcher(
    exec_modifier: type[STREAM] | STREAM, *, args_from_body: Literal[False] = False
) -> Streaming: ...
@overload
def fetcher(
    exec_modifier: type[FG | STREAM] | FG | STREAM, *, args_from_body: Literal[True]
) -> BodyForeground: ...
@overload
def fetcher(exec_modifier: PERIOD, *, args_from_body: bool = False) -> Scheduling: ...
@overload
def fetcher(
    exec_modifier: type[BG[Any]] | BG[Literal[True]], *, args_from_body: Literal[True]
) -> BodyBackground: ...
@overload
def fetcher(func: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload] - the first that fits
@overload
def fetcher(
    func: Callable[P, Coroutine[Any, Any, Items[R]]], /
) -> Fetcher[P, Call[RemoteStream[R], AwaitedStream[R]]]: ...
@overload
def fetcher(func: Callable[P, Coroutine[Any, Any, R]], /) -> Fetcher[P, Call[R, Awaitable[R]]]: ...
@overload
def fetcher(func: Callable[P, Items[R]], /) -> Fetcher[P, Call[RemoteStream[R]]]: ...
@overload
def fetcher(func: Callable[P, R], /) -> Fetcher[P, Call[R]]: ...
@overload
def fetcher(*, exec_modifier: None = None, args_from_body: bool = False) -> BodyPending: ...
def fetcher(exec_modifier: Any = None, *, args_from_body: bool = False, **_unknown: Never) -> Any:
    """Make a function stand for the remote callback of its name; of a class, every public method.

    The body does not run: arguments travel as they are given. Without a modifier a call gives a `Call`, which
    `call & FG` runs; with one a call runs at once.

    Args:
        exec_modifier: a modifier, class or instance, with or without its name; or the function itself, where the
            decorator is written without parentheses.
        args_from_body: run the body, and send what it returns: a tuple is the positional arguments, anything else
            the one argument.

    Raises:
        InitializationError: what is decorated is no function, or what is given is no modifier.

    Example:
        >>> from daffi import FG, fetcher, __body_unknown__
        >>> @fetcher(FG(timeout=5))
        ... def greet(name: str) -> str:
        ...     __body_unknown__(name)
        >>> greet
        <daffi fetcher of "greet">
    """
    refuse_unknown(_unknown, "@fetcher", NAMES, f", {caller_location()}")
    if exec_modifier is None or hasattr(exec_modifier, "_plan"):
        return functools.partial(_make, exec_modifier=exec_modifier, args_from_body=args_from_body)
    return _make(exec_modifier, exec_modifier=None, args_from_body=args_from_body)


def _make(func: Any, *, exec_modifier: Any, args_from_body: bool) -> Any:
    def make(function: Any, *, name: str) -> Fetcher[Any, Any]:
        body = _made_at_once(function) if args_from_body else None
        made: Fetcher[Any, Any]
        if is_async(function):
            made = AwaitedFetcher(name, exec_modifier, body)
        else:
            # A body with a `yield` does not run either, but its call is to be iterated without holding up a loop.
            value = "iterated" if is_async_generator(function) else "now"
            made = Fetcher(name, exec_modifier, body, value=value)
        functools.update_wrapper(made, function)
        # A call is what implements it.
        vars(made).pop("__isabstractmethod__", None)
        return made

    if isinstance(func, type):
        replace_methods(func, make, uses_body=args_from_body)
        return func
    name = name_of(func) if inspect.isroutine(func) else None
    if name is None or isinstance(func, Fetcher):
        raise InitializationError(
            f"a fetcher is a function or a class, not this: {quoted(cast('object', func))}, {caller_location()}\n"
            "hint: @fetcher, @fetcher(FG) or @fetcher(exec_modifier=FG)"
        )
    if name == "<lambda>":
        raise InitializationError(
            f"a lambda has no name to call: {location_of(func)}\nhint: use def"
        )
    if is_unbound_method(func):
        raise InitializationError(
            f"a method needs its object, which is not what is called: {location_of(func)}\n"
            "hint: @fetcher on the class; @staticmethod above it where it needs no object"
        )
    return make(func, name=name)


def _made_at_once(body: Any) -> Any:
    """The body of a fetcher as a plain function; one that is `async def` must not wait."""
    if not is_async(body):
        return body

    @functools.wraps(body)
    def run(*args: Any, **kwargs: Any) -> Any:
        coroutine = body(*args, **kwargs)
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value
        coroutine.close()
        raise InitializationError(
            f"the call is sent when it is made, and this body waits before it has the arguments: {location_of(body)}\n"
            "hint: await outside, and pass what came of it"
        )

    return run
