"""The methods of `Global` for functions that travel: `transfer_and_call`, and its twin for event loops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from daffi._api.fetcher_types import Items
    from daffi._daffi import RemoteStream, Runtime

    Function: TypeAlias = Callable[..., "R"]

R = TypeVar("R")


class Transfers:
    """What `Global` inherits."""

    _runtime: Runtime

    # The arguments are not checked: `g` may be left out.
    @overload
    def transfer_and_call(
        self, remote_process: str, func: Function[Coroutine[Any, Any, R]], /, *a: Any, **kw: Any
    ) -> R: ...
    @overload
    def transfer_and_call(
        self, remote_process: str, func: Function[Items[R]], /, *a: Any, **kw: Any
    ) -> RemoteStream[R]: ...
    @overload
    def transfer_and_call(
        self, remote_process: str, func: Function[R], /, *a: Any, **kw: Any
    ) -> R: ...
    @overload
    def transfer_and_call(
        self, /, *, remote_process: str, func: Function[Coroutine[Any, Any, R]], **kw: Any
    ) -> R: ...
    @overload
    def transfer_and_call(
        self, /, *, remote_process: str, func: Function[Items[R]], **kw: Any
    ) -> RemoteStream[R]: ...
    @overload
    def transfer_and_call(self, /, *, remote_process: str, func: Function[R], **kw: Any) -> R: ...
    def transfer_and_call(self, /, *args: Any, **kwargs: Any) -> Any:
        """Send a function, lambda or coroutine function to another process, run it there and wait for its value.

        It travels by value, together with what it uses of its own package; what is installed must be installed there.

        Args:
            *args: the name of the process, the function, and what it is called with; both may go by name, too, as
                `remote_process=` and `func=`.
            **kwargs: what the function is called with.

        Raises:
            InitializationError: there is no other process of this name, or `func` cannot be called.
            SerializationError: the function, an argument or the value cannot travel.
            RemoteCallError: the function raised.
        """
        from daffi._api import transfer  # noqa: PLC0415 - slow to import, and few processes transfer anything

        result = transfer.transfer(self._runtime, args, kwargs)
        try:
            return result.get()
        finally:
            # Nothing where it has ended; after Ctrl+C nobody wants it any more.
            result.cancel()

    @overload
    async def transfer_and_call_async(
        self, remote_process: str, func: Function[Coroutine[Any, Any, R]], /, *a: Any, **kw: Any
    ) -> R: ...
    @overload
    async def transfer_and_call_async(
        self, remote_process: str, func: Function[Items[R]], /, *a: Any, **kw: Any
    ) -> RemoteStream[R]: ...
    @overload
    async def transfer_and_call_async(
        self, remote_process: str, func: Function[R], /, *a: Any, **kw: Any
    ) -> R: ...
    @overload
    async def transfer_and_call_async(
        self, /, *, remote_process: str, func: Function[Coroutine[Any, Any, R]], **kw: Any
    ) -> R: ...
    @overload
    async def transfer_and_call_async(
        self, /, *, remote_process: str, func: Function[Items[R]], **kw: Any
    ) -> RemoteStream[R]: ...
    @overload
    async def transfer_and_call_async(
        self, /, *, remote_process: str, func: Function[R], **kw: Any
    ) -> R: ...
    def transfer_and_call_async(self, /, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, Any]:
        """`transfer_and_call` without holding up the event loop. If its task is cancelled, the function is, too.

        The call is made at once, also where it is awaited later.
        """
        from daffi._api import transfer  # noqa: PLC0415 - as above

        return transfer.transfer_async(self._runtime, args, kwargs)
