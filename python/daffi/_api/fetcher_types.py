"""What `@fetcher(...)` makes of what it decorates, for type checkers: a class stays, a function is a fetcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator

    from daffi._api.scheduled_task import ScheduledTask
    from daffi._daffi import AsyncResult, Call, Fetcher, RemoteStream
    from daffi._streams.stream import Items as StreamItems

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

if TYPE_CHECKING:
    Items: TypeAlias = Iterator[R] | AsyncIterator[R]
    """What a generator gives, which arrives as a `RemoteStream`."""


class AwaitedStream(Protocol[R]):
    """A `RemoteStream` to be awaited, or iterated without that."""

    def __await__(self) -> Generator[Any, None, RemoteStream[R]]: ...
    def __aiter__(self) -> AsyncIterator[R]: ...


# A class can be called, too, so the overloads overlap: the first one that fits is meant.


class Foreground(Protocol):
    """A call gives the value; that of a coroutine function something to await, which is no coroutine."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, Items[R]]], /
    ) -> Fetcher[P, AwaitedStream[R]]: ...
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Fetcher[P, Awaitable[R]]: ...
    @overload
    def __call__(self, decorated: Callable[P, Items[R]], /) -> Fetcher[P, RemoteStream[R]]: ...
    @overload
    def __call__(self, decorated: Callable[P, R], /) -> Fetcher[P, R]: ...


class Background(Protocol):
    """A call gives an `AsyncResult`; that of a coroutine function is one, and gives one when it is awaited."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, Items[R]]], /
    ) -> Fetcher[P, AsyncResult[RemoteStream[R], AsyncResult[RemoteStream[R]]]]: ...
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Fetcher[P, AsyncResult[R, AsyncResult[R]]]: ...
    @overload
    def __call__(
        self, decorated: Callable[P, Items[R]], /
    ) -> Fetcher[P, AsyncResult[RemoteStream[R]]]: ...
    @overload
    def __call__(self, decorated: Callable[P, R], /) -> Fetcher[P, AsyncResult[R]]: ...


class Forgetting(Protocol):
    """A call gives nothing; that of a coroutine function can be awaited all the same."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, Any]], /
    ) -> Fetcher[P, Awaitable[None]]: ...
    @overload
    def __call__(self, decorated: Callable[P, Any], /) -> Fetcher[P, None]: ...


class Gathering(Protocol):
    """A call gives what each process answered."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Fetcher[P, Awaitable[dict[str, R | BaseException]]]: ...
    @overload
    def __call__(
        self, decorated: Callable[P, R], /
    ) -> Fetcher[P, dict[str, R | BaseException]]: ...


class Broadcasting(Protocol):
    """A call gives what each process answered, or nothing."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Fetcher[P, Awaitable[dict[str, R | BaseException] | None]]: ...
    @overload
    def __call__(
        self, decorated: Callable[P, R], /
    ) -> Fetcher[P, dict[str, R | BaseException] | None]: ...


class MaybeBackground(Protocol):
    """A call gives an `AsyncResult`, or nothing."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(
        self, decorated: Callable[P, Coroutine[Any, Any, R]], /
    ) -> Fetcher[P, AsyncResult[R, AsyncResult[R]] | Awaitable[None]]: ...
    @overload
    def __call__(self, decorated: Callable[P, R], /) -> Fetcher[P, AsyncResult[R] | None]: ...


class BodyForeground(Protocol):
    """A call gives the value; the body says what is sent, not what comes back."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, decorated: Callable[P, Any], /) -> Fetcher[P, Any]: ...


class BodyBackground(Protocol):
    """A call gives an `AsyncResult` of what nobody knows."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, decorated: Callable[P, Any], /) -> Fetcher[P, AsyncResult[Any]]: ...


class BodyPending(Protocol):
    """A call gives a call that waits for its modifier, of what nobody knows."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, decorated: Callable[P, Any], /) -> Fetcher[P, Call[Any]]: ...


class Streaming(Protocol):
    """A call takes the items; what it gives depends on who awaits it."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, decorated: Callable[..., Any], /) -> Fetcher[[StreamItems], Any]: ...


class Scheduling(Protocol):
    """A call gives a `ScheduledTask`."""

    @overload
    def __call__(self, decorated: type[C], /) -> type[C]: ...  # pyright: ignore[reportOverlappingOverload]
    @overload
    def __call__(self, decorated: Callable[P, Any], /) -> Fetcher[P, ScheduledTask]: ...
