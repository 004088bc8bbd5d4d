"""What the extension calls in the front: every such hook, by name and type, registered once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from daffi import _daffi, _exceptions, _log
from daffi._aio import async_result, broadcast, done_callbacks, held_up, is_awaited
from daffi._api import modifiers, retry, scheduled_task, unsent
from daffi._input import durations, quoted
from daffi._loops import answering, callback_loop, context, draining
from daffi._process import callback_threads, current_global, forked_child
from daffi._wire import remote_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
    from contextvars import Context
    from pickle import PickleBuffer

    import numpy as np

    from daffi._aio.awaitable import AwaitableValue
    from daffi._daffi import Outlet, RemoteStream, StreamSender
    from daffi._exceptions import SerializationError
    from daffi._loops.generators import AsyncSource
    from daffi._streams.sending import Items


class Front:
    """The hooks; `_Front` in the stub of the extension says what each is called with.

    The extension reads each of them once, when it first needs it. What `__init__` names is imported together with
    daffi: a call that runs out of descriptors can import nothing. What is a property is slow to import, and most
    processes never need it.
    """

    def __init__(self) -> None:
        self.initialization_error = _exceptions.InitializationError
        self.uncalled_error = _exceptions.UncalledError
        self.global_context_error = _exceptions.GlobalContextError
        self.unanswered_error = _exceptions.UnansweredError
        self.timeout_error = _exceptions.TimeoutError
        self.unable_to_find_candidate = _exceptions.UnableToFindCandidate
        self.remote_stopped_unexpectedly = _exceptions.RemoteStoppedUnexpectedly
        self.overloaded = _exceptions.Overloaded
        self.call_cancelled = _exceptions.CallCancelled
        self.serialization_error = _exceptions.SerializationError
        self.describe_error = remote_errors.describe
        self.rebuild_error = remote_errors.rebuild

        self.fg = modifiers.FG
        self.bg = modifiers.BG
        self.no_return = modifiers.NO_RETURN
        self.broadcast = modifiers.BROADCAST
        self.stream = modifiers.STREAM
        self.period = modifiers.PERIOD
        self.quoted = quoted.quoted
        self.seconds = durations.seconds
        self.warn_unsent = unsent.warn
        self.warn_uncalled = unsent.warn_uncalled
        self.scheduled_task = scheduled_task.ScheduledTask
        self.log_retry = retry.log_retry

        self.await_result = async_result.get_async
        self.await_itself = async_result.itself
        self.gather_results = broadcast.gathered
        self.nothing_to_await = is_awaited.OVER
        self.call_in_this_loop = done_callbacks.here
        self.future_state = done_callbacks.SharedState
        self.tell_held_up = held_up.tell

        self.running_call = context.running
        self.no_item = context.NONE_LEFT
        self.beginning_context = context.beginning
        self.start_loop = callback_loop.start
        self.finish_coroutine = answering.finish
        self.drain_generator = draining.drain
        self.run_items = draining.run_items

        self.begin_callback_thread = callback_threads.begin
        self.end_callback_thread = callback_threads.end
        self.end_forked_child = forked_child.end
        self.wait_almost_started = current_global.wait_almost_started

        self.start_log = _log.start
        self.log_failed_run = _log.log_failed_run
        self.log_slow_done_callback = _log.log_slow_done_callback
        self.log_unseen = _log.log_unseen

    @property
    def awaitable_value(self) -> type[AwaitableValue]:
        from daffi._aio.awaitable import AwaitableValue

        return AwaitableValue

    @property
    def next_item(self) -> Callable[[RemoteStream[Any]], Coroutine[Any, Any, Any]]:
        from daffi._aio.remote_items import next_item

        return next_item

    @property
    def give_value(self) -> Callable[..., Coroutine[Any, Any, Any]]:
        from daffi._aio.remote_items import nothing

        return nothing

    @property
    def async_source(self) -> type[AsyncSource]:
        from daffi._loops.generators import AsyncSource

        return AsyncSource

    @property
    def close_generator(self) -> Callable[[Generator[Any, Any, Any], Context, Outlet], None]:
        from daffi._loops.generators import close_generator

        return close_generator

    @property
    def items_of(self) -> Callable[[str, tuple[Any, ...], dict[str, Any] | None], Items]:
        from daffi._streams.stream import items_of

        return items_of

    @property
    def run_stream(self) -> Callable[[StreamSender, Items, bool], Any]:
        from daffi._streams.stream import run

        return run

    @property
    def unpack_function(self) -> Callable[[bytes], tuple[Callable[..., Any], bool]]:
        from daffi._api.transfer import unpack

        return unpack

    @property
    def dumps(self) -> Callable[[object], tuple[bytes, list[PickleBuffer]]]:
        from daffi._wire.pickling import dumps

        return dumps

    @property
    def loads(self) -> Callable[[bytes, Sequence[bytes | bytearray]], Any]:
        from daffi._wire.pickling import loads

        return loads

    @property
    def unreadable_payload(self) -> Callable[[str, BaseException | None], SerializationError]:
        from daffi._wire.pickling import unreadable

        return unreadable

    @property
    def unsendable_arguments(
        self,
    ) -> Callable[
        [Exception, tuple[object, ...], Mapping[str, object] | None, Sequence[str | None]],
        BaseException,
    ]:
        from daffi._wire.unsendable import unsendable_arguments

        return unsendable_arguments

    @property
    def unsendable_value(self) -> Callable[[Exception, object, str], BaseException]:
        from daffi._wire.unsendable import unsendable_value

        return unsendable_value

    @property
    def dtype_record(self) -> Callable[[np.dtype[Any]], str | list[Any] | None]:
        from daffi._wire.dtypes import dtype_record

        return dtype_record

    @property
    def dtype_of_record(self) -> Callable[[object], np.dtype[Any]]:
        from daffi._wire.dtypes import dtype_of_record

        return dtype_of_record


def register() -> None:
    """Give the extension its hooks."""
    _daffi.register(Front())
