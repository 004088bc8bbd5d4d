"""The seam: what the extension module gives to the front."""

from asyncio import Future
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Sequence,
)
from contextvars import Context, ContextVar
from logging import LogRecord
from pathlib import Path
from pickle import PickleBuffer
from threading import Condition
from types import AsyncGeneratorType, CodeType
from typing import (
    Any,
    Generic,
    Literal,
    Never,
    NoReturn,
    ParamSpec,
    Protocol,
    TypeAlias,
    final,
    overload,
    type_check_only,
)

import numpy as np
from typing_extensions import TypeVar, disjoint_base

from daffi._aio.done_callbacks import SharedState
from daffi._api.modifiers import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM
from daffi._api.retry import RetryPolicy
from daffi._api.scheduled_task import ScheduledTask
from daffi._exceptions import (
    DaffiError,
    GlobalContextError,
    InitializationError,
    RemoteCallError,
    SerializationError,
)
from daffi._input.durations import Duration
from daffi._input.points_in_time import Moment
from daffi._log import LogLine
from daffi._loops.context import PreparedCall, ResponderLike
from daffi._loops.generators import AsyncSource
from daffi._process.settings import RuntimeSettings
from daffi._registering.registry import Offer
from daffi._streams.stream import Items as StreamItems

_P = ParamSpec("_P")
_R = TypeVar("_R")
_A = TypeVar("_A", default=_R)
_S = TypeVar("_S")
_T_co = TypeVar("_T_co", covariant=True)
_F = TypeVar("_F")
_F_co = TypeVar("_F_co", covariant=True, default=_T_co)

@final
class Plan:
    """What a modifier comes down to; times in seconds, 0 and None mean no limit."""

    def __new__(
        cls,
        kind: Literal["fg", "bg", "no_return", "broadcast", "gather", "stream", "period"],
        *,
        nodes: list[str] | None = None,
        timeout: float | None = None,
        eta: float = 0.0,
        retry: RetryPolicy | None = None,
        at: list[float] | None = None,
        interval: float | None = None,
    ) -> Plan: ...
    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]: ...

_Foreground: TypeAlias = type[FG] | FG
_Background: TypeAlias = type[BG[Any]] | BG[Literal[True]]
_Gathering: TypeAlias = BROADCAST[Literal[True]]
_Valueless: TypeAlias = (
    type[NO_RETURN | BROADCAST[Any]] | NO_RETURN | BG[Literal[False]] | BROADCAST[Literal[False]]
)
"""What gives no value."""

@disjoint_base
class Fetcher(Generic[_P, _T_co]):
    """Stands for the remote callback of its name. With a modifier a call runs at once; without, it gives a `Call`."""

    __name__: str

    def __new__(
        cls,
        name: str,
        modifier: type[FG | BG[Any] | NO_RETURN | BROADCAST[Any] | STREAM]
        | FG
        | BG[Any]
        | NO_RETURN
        | BROADCAST[Any]
        | STREAM
        | PERIOD
        | Plan
        | None = None,
        body: Callable[..., Any] | None = None,
        *,
        value: Literal["now", "awaitable", "fitting", "iterated"] = "now",
    ) -> Fetcher[_P, _T_co]: ...
    @property
    def exists(self) -> bool:
        """Whether another process offers the callback now."""

    @property
    def info(self) -> dict[str, str]:
        """The signatures of the callback, by the process that offers it."""

    def __copy__(self) -> Fetcher[_P, _T_co]: ...
    def __deepcopy__(self, _memo: object) -> Fetcher[_P, _T_co]: ...
    def __getnewargs_ex__(self) -> tuple[tuple[object, ...], dict[str, object]]: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _T_co: ...
    # First what nothing is known of, as of `g.call`: it would match each of the others. Calls of an `async def` fetcher
    # give something to await.
    @overload
    def __and__(
        self: Fetcher[_P, Call[Never, Never]], modifier: _Foreground | _Gathering, /
    ) -> Fetcher[_P, Any]: ...
    @overload
    def __and__(self: Fetcher[_P, Call[_R, _F]], modifier: _Foreground, /) -> Fetcher[_P, _F]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Fetcher[_P, Call[Never, Never]], modifier: _Background, /
    ) -> Fetcher[_P, AsyncResult[Any]]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Fetcher[_P, Call[_R, Awaitable[Any]]], modifier: _Background, /
    ) -> Fetcher[_P, AsyncResult[_R, AsyncResult[_R]]]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[_R, _F]], modifier: _Background, /
    ) -> Fetcher[_P, AsyncResult[_R]]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Fetcher[_P, Call[Never, Never]], modifier: _Valueless, /
    ) -> Fetcher[_P, None]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Fetcher[_P, Call[Any, Awaitable[Any]]], modifier: _Valueless, /
    ) -> Fetcher[_P, Awaitable[None]]: ...
    @overload
    def __and__(self: Fetcher[_P, Call[_R, _F]], modifier: _Valueless, /) -> Fetcher[_P, None]: ...  # type: ignore[overload-overlap]
    @overload
    def __and__(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Fetcher[_P, Call[_R, Awaitable[Any]]], modifier: _Gathering, /
    ) -> Fetcher[_P, Awaitable[dict[str, _R | BaseException]]]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Fetcher[_P, Call[_R, _F]], modifier: _Gathering, /
    ) -> Fetcher[_P, dict[str, _R | BaseException]]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[Never, Never]], modifier: BROADCAST[bool], /
    ) -> Fetcher[_P, Any]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Fetcher[_P, Call[_R, Awaitable[Any]]], modifier: BROADCAST[bool], /
    ) -> Fetcher[_P, Awaitable[dict[str, _R | BaseException] | None]]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[_R, _F]], modifier: BROADCAST[bool], /
    ) -> Fetcher[_P, dict[str, _R | BaseException] | None]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[_R, _F]], modifier: BG[bool], /
    ) -> Fetcher[_P, AsyncResult[_R] | None]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[_R, _F]], modifier: type[STREAM] | STREAM, /
    ) -> Fetcher[[StreamItems], Any]: ...
    @overload
    def __and__(
        self: Fetcher[_P, Call[_R, _F]], modifier: PERIOD, /
    ) -> Fetcher[_P, ScheduledTask]: ...

@final
class AwaitedFetcher(Fetcher[_P, _T_co]):
    """A fetcher whose calls may be awaited."""

    def __new__(
        cls,
        name: str,
        modifier: Any = None,
        body: Callable[..., Any] | None = None,
        *,
        value: Literal["awaitable", "fitting"] = "awaitable",
    ) -> AwaitedFetcher[_P, _T_co]: ...
    def __await__(self) -> NoReturn: ...

@final
class Call(Generic[_T_co, _F_co]):
    """A call that waits for its modifier: `call & FG` runs it. Dropped without one, it warns.

    Of two types: what comes of it, and what gives that in the foreground, as something to await.
    """

    @property
    def name(self) -> str:
        """The callback."""

    @property
    def spelling(self) -> str:
        """How it is written."""

    def settle(self) -> None:
        """Warn no more when it is dropped: an error has told that it did not run."""

    def __bool__(self) -> NoReturn: ...
    # As for `Fetcher`.
    @overload
    def __and__(self: Call[Never, Never], modifier: _Foreground | _Gathering, /) -> Any: ...
    @overload
    def __and__(self, modifier: _Foreground, /) -> _F_co: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Call[Never, Never], modifier: _Background, /
    ) -> AsyncResult[Any]: ...
    @overload
    def __and__(self, modifier: _Background, /) -> AsyncResult[_T_co]: ...
    @overload
    def __and__(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Call[Never, Never], modifier: _Valueless, /
    ) -> None: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Call[Any, Awaitable[Any]], modifier: _Valueless, /
    ) -> Awaitable[None]: ...
    @overload
    def __and__(self, modifier: _Valueless, /) -> None: ...  # type: ignore[overload-overlap]
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Call[_S, Awaitable[Any]], modifier: _Gathering, /
    ) -> Awaitable[dict[str, _S | BaseException]]: ...
    @overload
    def __and__(self, modifier: _Gathering, /) -> dict[str, _T_co | BaseException]: ...  # type: ignore[overload-overlap]
    @overload
    def __and__(self: Call[Never, Never], modifier: BROADCAST[bool], /) -> Any: ...
    @overload
    def __and__(  # type: ignore[overload-overlap]
        self: Call[_S, Awaitable[Any]], modifier: BROADCAST[bool], /
    ) -> Awaitable[dict[str, _S | BaseException] | None]: ...
    @overload
    def __and__(self, modifier: BROADCAST[bool], /) -> dict[str, _T_co | BaseException] | None: ...
    @overload
    def __and__(self, modifier: BG[bool], /) -> AsyncResult[_T_co] | None: ...
    @overload
    def __and__(self, modifier: type[STREAM] | STREAM, /) -> Any: ...
    @overload
    def __and__(self, modifier: PERIOD, /) -> ScheduledTask: ...
    def __await__(self) -> Generator[Any, None, Call[_T_co, _F_co]]: ...
    @overload
    def fg(
        self: Call[Never, Never],
        timeout: Duration = None,
        retry_policy: RetryPolicy | None = None,
        node: str | None = None,
    ) -> Any: ...
    @overload
    def fg(
        self,
        timeout: Duration = None,
        retry_policy: RetryPolicy | None = None,
        node: str | None = None,
    ) -> _F_co:
        """Run the call and wait for the value."""

    @overload
    def bg(  # type: ignore[overload-overlap]
        self: Call[Never, Never],
        timeout: Duration = None,
        eta: Duration = None,
        retry_policy: RetryPolicy | None = None,
        *,
        node: str | None = None,
    ) -> AsyncResult[Any]: ...
    @overload
    def bg(
        self,
        timeout: Duration = None,
        eta: Duration = None,
        retry_policy: RetryPolicy | None = None,
        *,
        node: str | None = None,
    ) -> AsyncResult[_T_co]:
        """Run the call in the background."""

    @overload
    def no_return(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Call[Never, Never], eta: Duration = None, node: str | None = None
    ) -> None: ...
    @overload
    def no_return(  # type: ignore[overload-overlap]
        self: Call[Any, Awaitable[Any]], eta: Duration = None, node: str | None = None
    ) -> Awaitable[None]: ...
    @overload
    def no_return(self, eta: Duration = None, node: str | None = None) -> None:
        """Run the call and forget it; a failure is logged."""

    @overload
    def broadcast(
        self: Call[Never, Never],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[True],
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> Any: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap]
        self: Call[_S, Awaitable[Any]],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[True],
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> Awaitable[dict[str, _S | BaseException]]: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap]
        self,
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[True],
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> dict[str, _T_co | BaseException]: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap] # pyright: ignore[reportOverlappingOverload]
        self: Call[Never, Never],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[False] = False,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> None: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap]
        self: Call[Any, Awaitable[Any]],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[False] = False,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> Awaitable[None]: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap]
        self,
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: Literal[False] = False,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> None: ...
    @overload
    def broadcast(
        self: Call[Never, Never],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: bool,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> Any: ...
    @overload
    def broadcast(  # type: ignore[overload-overlap]
        self: Call[_S, Awaitable[Any]],
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: bool,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> Awaitable[dict[str, _S | BaseException] | None]: ...
    @overload
    def broadcast(
        self,
        eta: Duration = None,
        timeout: Duration = None,
        *,
        return_result: bool,
        retry_policy: RetryPolicy | None = None,
        node: str | Sequence[str] | None = None,
    ) -> dict[str, _T_co | BaseException] | None:
        """Run the call in every process that offers it."""

    def stream(self, timeout: Duration = None, node: str | Sequence[str] | None = None) -> Any:
        """Call once for each item of the one argument, everywhere. In a running event loop, something to await."""
    def period(
        self,
        at_time: Moment | Iterable[Moment] | None = None,
        *,
        interval: Duration = None,
        node: str | None = None,
    ) -> ScheduledTask:
        """Have another process run the call when its time has come."""

@final
class AsyncResult(Generic[_R, _A]):
    """The outcome of a background call, to come. Every look gives the same; awaiting it gives the value, too.

    What an `async def` fetcher with `BG` gives is awaited first for the result itself, as its type says.
    """

    @staticmethod
    def promise(name: str) -> tuple[AsyncResult[Any], Settle]:
        """A result that Python code gives, with what gives it."""

    def get(self, timeout: Duration = None) -> _R:
        """Wait for the value, for `timeout` at most; None and 0 are no limit. `ready` looks without waiting.

        Raises:
            TimeoutError: it did not come in time; the call goes on.
            GlobalContextError: `timeout` is negative or cannot be read.
            DaffiError: the call failed; see the exception tree.
        """

    async def get_async(self, timeout: Duration = None) -> _R:
        """Wait like `get`, without holding up the event loop."""

    def __await__(self) -> Generator[Any, None, _A]: ...
    def result(self, timeout: Duration = None) -> _R:
        """Wait like `get`, as `concurrent.futures.Future` spells it."""

    def exception(self, timeout: Duration = None) -> BaseException | None:
        """Wait like `get` for the error of the call, None if it gave a value.

        Raises:
            CallCancelled: it was cancelled, as by a `concurrent.futures.Future`.
        """

    @property
    def ready(self) -> bool:
        """Whether the call has ended."""

    def done(self) -> bool:
        """Whether the call has ended."""

    def running(self) -> bool:
        """Whether the call is under way."""

    @property
    def error(self) -> BaseException | None:
        """The error of a call that has ended with one; never waits."""

    def cancel(self) -> bool:
        """End the call here and ask the callee to; False if it had ended in any other way."""

    def cancelled(self) -> bool:
        """Whether the call was cancelled."""

    @property
    def uuid(self) -> str:
        """A name of this call, for logs."""

    @property
    def func_name(self) -> str:
        """The callback."""

    def look(self) -> bool:
        """Look whether the call has ended, for some microseconds at most; for a thread that runs an event loop."""

    def settle_in(self, inbox: LoopInbox, future: Future[None]) -> Settlement:
        """Settle a future of the loop of this inbox when the call has ended, unless it is forgotten before."""

    def add_done_callback(self, fn: Callable[[AsyncResult[_R]], object]) -> None:
        """Call `fn` with this result when the call has ended, at once if it has.

        Added where an event loop of asyncio runs, it is called there; where that has ended by then it is not called,
        which is logged. Elsewhere it is called on one thread of daffi,
        `daffi-done`, which calls all such functions of the process, one after the other: one that takes long delays
        those of other calls and nothing else, and is logged after 1 s.
        What it raises goes to `sys.unraisablehook`, as nobody waits for it, or to the handler of the event loop.
        """

    def remove_done_callback(self, fn: Callable[[AsyncResult[_R]], object]) -> int:
        """Take back what `add_done_callback` was given; how often it had been."""

    def when_done(self, fn: Callable[[AsyncResult[_R]], object]) -> None:
        """`add_done_callback` for what is quick: it waits neither for a loop nor for functions of users."""

    @property
    def _condition(self) -> Condition:
        """The lock that `concurrent.futures.wait` and `as_completed` take."""

    @property
    def _state(self) -> str:
        """How far it is, as they name it."""

    @property
    def _waiters(self) -> list[Any]:
        """Those of them that wait for this."""

    @classmethod
    def __class_getitem__(cls, key: Any) -> Any: ...

@final
class LoopInbox:
    """The futures of one asyncio loop whose calls have ended."""

    def __new__(cls) -> LoopInbox: ...
    def fileno(self) -> int:
        """The descriptor that is readable while there are any."""

    def settle(self) -> None:
        """Settle them all; called by the loop."""

@final
class Settlement:
    """A future that waits for the end of a call."""

    def forget(self) -> None:
        """Let the future go: nobody awaits it any more."""

@final
class Settle:
    """Gives a promised result its outcome."""

    def __call__(self, value: object, error: BaseException | None) -> None: ...

@disjoint_base
class RunningCall:
    """What a task of an event loop answers, as the seam knows the task by it."""

@final
class Responder(RunningCall):
    """The way back of one asynchronous callback."""

    @property
    def wants_value(self) -> bool:
        """Whether the caller wants the value; where not, a generator is to run to its end."""

    def begin(self) -> bool:
        """Ask whether the call is to run at all; False where it is answered already."""

    def reply(self, value: object) -> None:
        """Answer with the value."""

    def fail(self, error: BaseException) -> None:
        """Answer with what was raised."""

    def on_cancel(self, queue: CallQueue, cancel: Callable[[], object]) -> None:
        """Have the loop of this queue call `cancel` when nobody waits for the answer any more."""

@final
class CallQueue:
    """What waits to be started on one event loop of callbacks."""

    def __new__(cls) -> CallQueue: ...
    def fileno(self) -> int:
        """The descriptor that is readable while something waits."""

    def begin(self) -> None:
        """The calling thread is that of the loop."""

    def give_up(self) -> None:
        """Instead of `begin`: the loop could not be started, and nobody takes from this."""

    def take(self) -> list[PreparedCall]:
        """The calls to be started next, in order; called by the loop."""

    def call_soon(self, function: Callable[[], object]) -> None:
        """Have the loop call a function that is quick, after what waits already; from any thread."""

    def end(self) -> None:
        """The loop takes no more; what waits is answered so."""

@final
class StreamSender:
    """The sending end of one stream, for one producer."""

    @property
    def name(self) -> str:
        """The callback."""

    def push(self, item: object) -> None:
        """Add an item; waits before that while the slowest receiver has too much before it."""

    def finish(self) -> None:
        """Say that no items will come, and wait until every receiver has taken the last."""

    def has_room(self) -> bool:
        """Whether `push` would not wait."""

    def end(self) -> bool:
        """Say that no items will come; whether every receiver has taken the last."""

    def on_progress(self, wake: Callable[[], object]) -> None:
        """Call `wake` once, from another thread, when there is room, everything is taken, or the stream has failed."""

    def close(self) -> None:
        """End the stream where it is; after `finish` there is nothing to end."""

@final
class Outlet(RunningCall):
    """Where an async generator puts its items."""

    def push(self, item: object) -> bool:
        """Add an item; whether the generator goes on now."""

    def end(self) -> None:
        """Say that the generator gives no more."""

    def fail(self, error: BaseException) -> None:
        """Say that the generator raised."""

    def over(self) -> None:
        """Say that the generator has been closed."""

    @property
    def closed(self) -> bool:
        """Whether nobody wants more."""

@final
class RemoteStream(Generic[_R]):
    """The items of a remote generator, for `for` and `async for`. Closed or no longer used, it ends the generator."""

    def __iter__(self) -> RemoteStream[_R]: ...
    def __next__(self) -> _R: ...
    def __aiter__(self) -> RemoteStream[_R]: ...
    async def __anext__(self) -> _R: ...
    def __enter__(self) -> RemoteStream[_R]: ...
    def __exit__(self, *_error: object) -> None: ...
    async def __aenter__(self) -> RemoteStream[_R]: ...
    async def __aexit__(self, *_error: object) -> None: ...
    async def aclose(self) -> None:
        """`close`, as async generators spell it: for `contextlib.aclosing`."""
    @property
    def ready(self) -> bool:
        """Whether the next item, or the end, is there."""

    def on_ready(self, wake: Callable[[], object]) -> None:
        """Call `wake` once, from another thread, when the next item or the end is there."""

    def close(self) -> None:
        """End the remote generator where it is; nothing comes after."""

    @classmethod
    def __class_getitem__(cls, key: Any) -> Any: ...

@final
class GivenUp:
    """Says to a wait in another thread that nobody wants it any more."""

    def __new__(cls) -> GivenUp: ...
    def set(self) -> None:
        """Nobody wants it."""

@final
class Runtime:
    """One running controller, node or both; times in seconds."""

    @staticmethod
    def start(settings: RuntimeSettings, callbacks: list[Offer]) -> Runtime: ...
    @property
    def process_name(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def port(self) -> int | None: ...
    @property
    def unix_path(self) -> Path | None: ...
    @property
    def is_controller(self) -> bool: ...
    @property
    def is_foreign(self) -> bool: ...
    @property
    def is_running(self) -> bool: ...
    def register(self, callbacks: list[Offer]) -> None: ...
    def registered_callbacks(self) -> dict[str, list[str]]: ...
    def offers(self, name: str) -> bool: ...
    def wait_process(
        self, name: str, timeout: float | None = None, given_up: GivenUp | None = None
    ) -> None: ...
    def wait_function(
        self, name: str, timeout: float | None = None, given_up: GivenUp | None = None
    ) -> None: ...
    def wait_stopped(self, timeout: float | None = None) -> bool: ...
    def request_stop(self) -> None: ...
    def stop(self, timeout: float) -> None: ...
    def kill_all(self, timeout: float) -> list[str]: ...
    def scheduled_tasks(
        self, node: str, given_up: GivenUp | None = None
    ) -> list[tuple[bytes, str, int | None]]: ...
    def cancel_task(
        self, node: str, uuid: bytes, given_up: GivenUp | None = None
    ) -> bool | None: ...
    def transfer(
        self, node: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> AsyncResult[Any]: ...

def set_current(runtime: Runtime | None = None) -> None: ...
def forked() -> list[int]: ...
def settle(timeout: float) -> None: ...
def log_lines(generation: int) -> tuple[list[LogLine | LogRecord], int] | None:
    """Wait for what there is to tell, and how much was dropped before; None at the end."""

def end_notifier(timeout: float) -> None:
    """At the end of the process: have done-callbacks and the like run that wait for it, for so many seconds at most."""

def end_log(timeout: float) -> bool:
    """At the end of the process: have what there is to tell be told, for so many seconds at most; whether it was."""

def log_later(record: LogRecord) -> None:
    """Have `log_lines` give this record, too."""

def set_log_levels(levels: dict[str, int]) -> None:
    """Say which level each of the loggers wants at least, by their names."""

def serving_threads() -> list[int]:
    """The threads that run callbacks, as `threading.get_ident` numbers them."""

def in_loop_thread() -> bool:
    """Whether the calling thread runs an event loop of callbacks."""

def name_problem(name: object) -> str | None:
    """What is wrong with a name; None where it can be one."""

def in_callback() -> bool:
    """Whether the running thread or task answers a call."""

def cancelled() -> bool:
    """Whether nobody waits for the call any more that the running callback answers; False outside of callbacks.

    A synchronous callback that takes long asks now and then; an async one is cancelled by itself.
    """

@type_check_only
class _Front(Protocol):
    """What the extension calls in the front, with the arguments that it gives: `daffi._seam.Front` has it."""

    # Errors that it raises, and errors as they travel.
    @property
    def initialization_error(self) -> Callable[[str], InitializationError]: ...
    @property
    def uncalled_error(self) -> Callable[[str], InitializationError]: ...
    @property
    def global_context_error(self) -> Callable[[str], GlobalContextError]: ...
    @property
    def unanswered_error(self) -> Callable[[str], GlobalContextError]: ...
    @property
    def timeout_error(self) -> Callable[[str], DaffiError]: ...
    @property
    def unable_to_find_candidate(self) -> Callable[[str], DaffiError]: ...
    @property
    def remote_stopped_unexpectedly(self) -> Callable[[str], DaffiError]: ...
    @property
    def overloaded(self) -> Callable[[str], DaffiError]: ...
    @property
    def call_cancelled(self) -> Callable[[str], DaffiError]: ...
    @property
    def serialization_error(self) -> Callable[[str], DaffiError]: ...
    @property
    def describe_error(self) -> Callable[[BaseException], tuple[Any, ...]]: ...
    @property
    def rebuild_error(self) -> Callable[[tuple[Any, ...], str], RemoteCallError]: ...

    # Calls: their modifiers, what users give, what goes wrong.
    @property
    def fg(self) -> Callable[..., FG]: ...
    @property
    def bg(self) -> Callable[..., BG[Any]]: ...
    @property
    def no_return(self) -> Callable[..., NO_RETURN]: ...
    @property
    def broadcast(self) -> Callable[..., BROADCAST[Any]]: ...
    @property
    def stream(self) -> Callable[..., STREAM]: ...
    @property
    def period(self) -> Callable[..., PERIOD]: ...
    @property
    def quoted(self) -> Callable[[object], str]: ...
    @property
    def seconds(self) -> Callable[[Duration], float]: ...
    @property
    def warn_unsent(self) -> Callable[[str, CodeType, int, bool], None]: ...
    @property
    def warn_uncalled(self) -> Callable[[str, str, CodeType, int], None]: ...
    @property
    def scheduled_task(self) -> Callable[[str, str, str], ScheduledTask]: ...
    @property
    def log_retry(self) -> Callable[[str, int, float, BaseException], None]: ...
    @property
    def items_of(self) -> Callable[[str, tuple[Any, ...], dict[str, Any] | None], StreamItems]: ...
    @property
    def run_stream(self) -> Callable[[StreamSender, StreamItems, bool], Any]: ...

    # Results, for event loops and `concurrent.futures`.
    @property
    def await_result(self) -> Callable[[AsyncResult[Any], Duration], Coroutine[Any, Any, Any]]: ...
    @property
    def await_itself(
        self,
    ) -> Callable[[Call[Any] | AsyncResult[Any]], Coroutine[Any, Any, Any]]: ...
    @property
    def awaitable_value(self) -> Callable[[AsyncResult[Any]], Any]: ...
    @property
    def nothing_to_await(self) -> Awaitable[None]: ...
    @property
    def gather_results(
        self,
    ) -> Callable[[str, Sequence[tuple[str, AsyncResult[Any]]]], AsyncResult[Any]]: ...
    @property
    def call_in_this_loop(
        self,
    ) -> Callable[[Callable[[AsyncResult[Any]], object]], Callable[[AsyncResult[Any]], object]]: ...
    @property
    def future_state(self) -> Callable[[], SharedState]: ...
    @property
    def tell_held_up(self) -> Callable[[str, str], None]: ...
    @property
    def next_item(self) -> Callable[[RemoteStream[Any]], Coroutine[Any, Any, Any]]: ...
    @property
    def give_value(self) -> Callable[..., Coroutine[Any, Any, Any]]: ...

    # Callbacks: what they run in and on.
    @property
    def running_call(self) -> ContextVar[ResponderLike | Outlet | None]: ...
    @property
    def no_item(self) -> object: ...
    @property
    def beginning_context(
        self,
    ) -> Callable[[], tuple[Context, Callable[[Context], None] | None]]: ...
    @property
    def start_loop(self) -> Callable[[bool], None]: ...
    @property
    def finish_coroutine(
        self,
    ) -> Callable[[Coroutine[Any, Any, Any]], Coroutine[Any, Any, Any]]: ...
    @property
    def drain_generator(self) -> Callable[[Any], Coroutine[Any, Any, None]]: ...
    @property
    def run_items(
        self,
    ) -> Callable[
        [
            Callable[..., Any],
            list[tuple[tuple[Any, ...], dict[str, Any], Context]],
            tuple[object, Context] | None,
        ],
        Coroutine[Any, Any, None],
    ]: ...
    @property
    def async_source(self) -> Callable[[AsyncGeneratorType[Any, Any], Context], AsyncSource]: ...
    @property
    def close_generator(self) -> Callable[[Generator[Any, Any, Any], Context, Outlet], None]: ...
    @property
    def unpack_function(self) -> Callable[[bytes], tuple[Callable[..., Any], bool]]: ...

    # The process.
    @property
    def begin_callback_thread(self) -> Callable[[], int]: ...
    @property
    def end_callback_thread(self) -> Callable[[], None]: ...
    @property
    def end_forked_child(self) -> Callable[[BaseException | None], NoReturn]: ...
    @property
    def wait_almost_started(self) -> Callable[[], None]: ...
    @property
    def start_log(self) -> Callable[[int], None]: ...
    @property
    def log_failed_run(self) -> Callable[[str, bytes, BaseException], None]: ...
    @property
    def log_slow_done_callback(self) -> Callable[[object, float], None]: ...
    @property
    def log_unseen(self) -> Callable[[str, BaseException, bool], None]: ...

    # Values that have no form of their own on the wire.
    @property
    def dumps(self) -> Callable[[object], tuple[bytes, list[PickleBuffer]]]: ...
    @property
    def loads(self) -> Callable[[bytes, list[bytes | bytearray]], Any]: ...
    @property
    def unreadable_payload(self) -> Callable[[str, BaseException | None], SerializationError]: ...
    @property
    def unsendable_arguments(
        self,
    ) -> Callable[
        [Exception, tuple[Any, ...], dict[str, Any] | None, list[str | None]], BaseException
    ]: ...
    @property
    def unsendable_value(self) -> Callable[[Exception, object, str], BaseException]: ...
    @property
    def dtype_record(self) -> Callable[[np.dtype[Any]], str | list[Any] | None]: ...
    @property
    def dtype_of_record(self) -> Callable[[object], np.dtype[Any]]: ...

def register(front: _Front) -> None:
    """Take the hooks of the front. The first ones stay.

    Raises:
        AttributeError: the front lacks a hook that the extension calls.
    """
