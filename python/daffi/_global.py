"""`Global`: what a process takes part with. One per process."""

from __future__ import annotations

import atexit
import importlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Literal, Never, NoReturn, Self, cast

from daffi import _daffi
from daffi._aio.is_awaited import is_awaited, over
from daffi._aio.waiting import in_thread, in_thread_while_wanted, in_trio
from daffi._api import scheduled_task
from daffi._api.calls_by_name import Calls
from daffi._api.global_transfer import Transfers
from daffi._exceptions import GlobalContextError
from daffi._input.names import checked, refuse_own
from daffi._input.unknown_names import refuse_unknown
from daffi._log import read_levels
from daffi._loops import callback_loop
from daffi._process import current_global, forked_child, signals
from daffi._process.current_global import Attempt, Blocks, state
from daffi._process.end import end_callbacks, end_log
from daffi._process.settings import (
    MAX_MESSAGE,
    MAX_PENDING_BYTES,
    MAX_TASKS,
    MAX_WAITING_BYTES,
    PATIENCE,
    THREADS,
    Settings,
    check,
    limit,
    names,
    read_path,
    read_port,
)
from daffi._process.signals import EndingOn
from daffi._registering.registry import registry
from daffi._streams.sending import finish, finish_here

if TYPE_CHECKING:
    from types import TracebackType

    from daffi._input.durations import Duration

STOP_SECONDS: Final = 10.0
"""How long a stop lets running callbacks finish. What they answer later is dropped."""

INTERRUPTED_SECONDS: Final = 3.0
"""The same after Ctrl+C or SIGTERM in a `join`: someone is waiting for the process to end."""

EXIT_SECONDS: Final = 2.0
"""The same at the end of the process, where nobody waits for answers any more."""

CALLBACK_SECONDS: Final = 0.5
"""How long callbacks that still run at the end of the process have to notice."""

KILL_SECONDS: Final = 25.0
"""How long `kill_all` waits for the other processes."""


class Global(Transfers):
    """Configures and runs what this process takes part with: a node, a controller, or both.

    Without `host` and `port` all processes of this user and machine meet at one unix socket; with them, over TCP.
    The constructor returns when everything is ready. A second `Global` with the same settings gives the first.
    At the end of a `with` block it stops; of several, nested or in threads, at the end of the last. A block whose
    `Global(...)` found it running, made without a `with`, leaves it running.

    Args:
        process_name: what others call this process; unless given, made of host, pid and a short random part.
        init_controller: whether this process has the controller, where the others meet.
        init_node: whether this process calls and is called.
        host: where the controller listens; "localhost" is this machine only.
        port: the port there; a controller without one takes a free port, which `port` then tells.
        unix_sock_path: a folder for the unix socket other than the common one.
        direct: False sends every call through the controller; "tcp" links processes over TCP even on one machine.
        connect_timeout: how long to wait for the controller; None waits for ever.
        max_message: the most bytes of the arguments or the result of one call.
        max_waiting_bytes: the most bytes of arguments that wait to be sent, of calls that return at once (`BG`,
            `NO_RETURN`, `BROADCAST`, awaited ones); beyond it a call raises `Overloaded`. One that is larger may wait
            alone.
        threads: the most threads that serve this process, at least 2: one reads, the others run synchronous callbacks.
            While all of them do, calls that need one wait.
        max_pending_bytes: the most bytes that calls to this process hold together until they are answered. What does
            not fit stays with its caller. A single larger call is taken when hardly any other is there.
        max_tasks: the most calls of `async def` callbacks that are under way at once; as many more wait for their turn.
        patience: how long calls wait at one of these three bounds, or at a callback with `at_once`, while nothing moves
            there: then their callers get `Overloaded`, and they have not run. None waits for ever.

    Raises:
        InitializationError: settings that do not fit together, a Global with other settings, a place or name taken.
        TimeoutError: no controller within `connect_timeout`.

    Example:
        >>> from daffi import Global
        >>> with Global(init_controller=True, host="localhost") as g:
        ...     g.is_controller, g.port > 0
        (True, True)
    """

    _settings: Settings
    _runtime: _daffi.Runtime
    _blocks: Blocks
    call: Calls
    """Every remote callback by name: `g.call.greet("you") & FG`."""

    def __new__(
        cls,
        process_name: str | None = None,
        init_controller: bool = False,  # noqa: FBT001, FBT002 - positional by the promise of the API
        init_node: bool = True,  # noqa: FBT001, FBT002
        host: str | None = None,
        port: int | str | None = None,
        unix_sock_path: str | os.PathLike[str] | None = None,
        *,
        direct: bool | Literal["tcp"] = True,
        connect_timeout: Duration = None,
        max_message: int = MAX_MESSAGE,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        threads: int = THREADS,
        max_pending_bytes: int = MAX_PENDING_BYTES,
        max_tasks: int = MAX_TASKS,
        patience: Duration = PATIENCE,
        **unknown: Never,
    ) -> Self:
        refuse_unknown(unknown, "Global", names())
        settings = Settings(
            process_name=process_name,
            init_controller=init_controller,
            init_node=init_node,
            host=host,
            port=read_port(port),
            unix_sock_path=read_path(unix_sock_path),
            direct=direct,
            connect_timeout=limit(connect_timeout),
            max_message=max_message,
            max_waiting_bytes=max_waiting_bytes,
            threads=threads,
            max_pending_bytes=max_pending_bytes,
            max_tasks=max_tasks,
            patience=limit(patience),
        )
        check(settings)
        attempt = Attempt(settings, cls)
        try:
            live = state.claim(attempt)
            if live is not None:
                return cast("Self", live)
            made = super().__new__(cls)
            made._start(settings, attempt.left)
            state.current, state.is_forked = made, False
        except BaseException as error:
            attempt.error = error
            raise
        finally:
            state.end(attempt)
        return made

    def _start(self, settings: Settings, connect_timeout: float | None) -> None:
        self._settings = settings
        self._blocks = Blocks()
        asked = settings.asked(connect_timeout)
        read_levels()
        if in_trio() or "asyncio" in sys.modules:
            # The first await needs it, perhaps when no descriptor is left. It imports asyncio: for those who have it.
            importlib.import_module("daffi._aio.awaitable")
        # Before the first call can come.
        if in_trio():
            callback_loop.use_trio()
        if settings.init_node:
            self._runtime = registry.start(lambda offers: _daffi.Runtime.start(asked, offers))
        else:
            self._runtime = _daffi.Runtime.start(asked, [])
        self.call = Calls(self._runtime)
        _daffi.set_current(self._runtime)

    @property
    def process_name(self) -> str:
        """What others call this process."""
        return self._runtime.process_name

    @property
    def host(self) -> str | None:
        """The host of the controller; None on a unix socket."""
        return self._runtime.host

    @property
    def port(self) -> int | None:
        """The port of the controller; None on a unix socket."""
        return self._runtime.port

    @property
    def is_controller(self) -> bool:
        """Whether this process has the controller."""
        return self._runtime.is_controller

    @property
    def is_running(self) -> bool:
        """Whether calls can be made and served: not after a stop, nor in a forked child."""
        return self._runtime.is_running

    @property
    def registered_callbacks(self) -> dict[str, list[str]]:
        """What the other processes offer: names by process, in order of registration."""
        return self._runtime.registered_callbacks()

    def wait_process(self, name: str, timeout: Duration = None) -> Any:
        """Wait until another process of this name is there. Awaited or handed on, it is `wait_process_async`.

        Without a limit, what is there instead is logged as a warning after 5 s; at its limit the error says it.

        Raises:
            TimeoutError: it did not come in time.
            GlobalContextError: it can be no name or is that of this process, or `timeout` cannot be read.
        """
        if is_awaited():
            return self.wait_process_async(name, timeout)
        self._check_other(name)
        self._runtime.wait_process(name, limit(timeout))
        return over()

    async def wait_process_async(self, name: str, timeout: Duration = None) -> None:  # noqa: ASYNC109 - as its twin
        """`wait_process` without holding up the event loop."""
        self._check_other(name)
        bound = limit(timeout)
        await in_thread_while_wanted(
            lambda given_up: self._runtime.wait_process(name, bound, given_up)
        )

    def _check_other(self, name: str) -> None:
        checked(name, GlobalContextError, "the name of a process")
        refuse_own(name, self.process_name, GlobalContextError, "a wait is for another process")

    def wait_function(self, name: str, timeout: Duration = None) -> Any:
        """Wait until another process offers a callback of this name. Awaited or handed on, it is `wait_function_async`.

        Without a limit, what is there instead is logged as a warning after 5 s; at its limit the error says it.

        Raises:
            TimeoutError: none did in time.
            GlobalContextError: it can be no name, or `timeout` cannot be read.
        """
        if is_awaited():
            return self.wait_function_async(name, timeout)
        checked(name, GlobalContextError, "the name of a callback")
        self._runtime.wait_function(name, limit(timeout))
        return over()

    async def wait_function_async(self, name: str, timeout: Duration = None) -> None:  # noqa: ASYNC109 - as its twin
        """`wait_function` without holding up the event loop."""
        checked(name, GlobalContextError, "the name of a callback")
        bound = limit(timeout)
        await in_thread_while_wanted(
            lambda given_up: self._runtime.wait_function(name, bound, given_up)
        )

    def get_scheduled_tasks(self, remote_process: str) -> list[dict[str, Any]]:
        """What this process has scheduled at another with `PERIOD` and is not over, in the order in which it did.

        Returns:
            For each task `{"condition": "period", "func_name": ..., "uuid": ...}`. With `at_time` the condition is
            "at_time", and `"number_of_active_tasks"` says how many points in time are still to come.

        Raises:
            InitializationError: there is no other process of this name.
        """
        return scheduled_task.scheduled_tasks(self._runtime, remote_process)

    async def get_scheduled_tasks_async(self, remote_process: str) -> list[dict[str, Any]]:
        """`get_scheduled_tasks` without holding up the event loop."""
        return await in_thread_while_wanted(
            lambda given_up: scheduled_task.scheduled_tasks(self._runtime, remote_process, given_up)
        )

    def cancel_scheduled_task_by_uuid(self, remote_process: str, uuid: str) -> bool:
        """End a task at another process, whoever scheduled it. A run that is under way goes on.

        Returns:
            True, or False if it was over.

        Raises:
            RemoteCallError: no task of this uuid is known there; of those that are over, the last 4,096 are.
            InitializationError: there is no other process of this name.
        """
        return scheduled_task.cancel(self._runtime, remote_process, uuid)

    async def cancel_scheduled_task_by_uuid_async(self, remote_process: str, uuid: str) -> bool:
        """`cancel_scheduled_task_by_uuid` without holding up the event loop."""
        return await in_thread_while_wanted(
            lambda given_up: scheduled_task.cancel(self._runtime, remote_process, uuid, given_up)
        )

    def join(self) -> None:
        """Serve until stopped: by `stop`, by the controller's `kill_all`, by Ctrl+C or SIGTERM. Then stop.

        Handlers of your own for these signals run, too.
        """
        signals = EndingOn(self._runtime, signal.SIGINT, signal.SIGTERM)
        interrupted = False
        try:
            with signals:
                self._runtime.wait_stopped()
        except KeyboardInterrupt:
            interrupted = True
        self._take_down(INTERRUPTED_SECONDS if interrupted or signals.came else STOP_SECONDS)

    async def join_async(self) -> None:
        """`join` without holding up the event loop.

        SIGTERM ends it as it ends `join`. Ctrl+C is the event loop's, which cancels the task; that ends it, too.
        """
        signals = EndingOn(self._runtime, signal.SIGTERM)
        try:
            with signals:
                await in_thread(self._runtime.wait_stopped)
        finally:
            bound = INTERRUPTED_SECONDS if signals.came else STOP_SECONDS
            await in_thread(lambda: self._take_down(bound))

    def stop(self, kill_all_connected_nodes: bool = False) -> None:  # noqa: FBT001, FBT002 - positional by the promise of the API
        """Stop taking part. Running callbacks may finish within 10 s; calls still under way end with an error.

        Streams that the event loop of this thread sends, and nobody awaits, are finished first, as far as 10 s allow.
        From any thread and more than once. Inside a callback it returns at once, so that this callback may answer,
        too. Callbacks stay registered for a later Global.

        Args:
            kill_all_connected_nodes: stop all other processes first; see `kill_all`.
        """
        if self._runtime.is_foreign:
            return
        if kill_all_connected_nodes:
            self.kill_all()
        finish_here(STOP_SECONDS)
        if _daffi.in_loop_thread() or _daffi.in_callback():
            # A callback stops its own process: it must be able to end, and those beside it have a Global until then.
            threading.Thread(target=self._take_down, args=[STOP_SECONDS], name="daffi-stop").start()
        else:
            self._take_down(STOP_SECONDS)

    async def stop_async(self, kill_all_connected_nodes: bool = False) -> None:  # noqa: FBT001, FBT002 - as its twin
        """`stop` without holding up the event loop. Inside an async callback it returns at once, too."""
        if self._runtime.is_foreign:
            return
        if kill_all_connected_nodes:
            await self.kill_all_async()
        if _daffi.in_loop_thread():
            self.stop()
        else:
            await finish(STOP_SECONDS)
            await in_thread(self.stop)

    def kill_all(self) -> list[str]:
        """Stop all other processes: their `join` returns. Only where the controller is.

        Returns:
            The names of the processes that did not stop within 25 s.

        Raises:
            GlobalContextError: this process has no controller.
        """
        return self._runtime.kill_all(KILL_SECONDS)

    async def kill_all_async(self) -> list[str]:
        """`kill_all` without holding up the event loop. The others stop also if its task is cancelled."""
        return await in_thread(self.kill_all)

    def _take_down(self, bound: float) -> None:
        self._blocks.are_over = True
        self._runtime.stop(bound)
        if state.current is self:
            state.current = None
            registry.stop_offering()
            _daffi.set_current(None)

    def __enter__(self) -> Self:
        if self._runtime.is_foreign:
            raise GlobalContextError(
                "this Global was made before the process was forked\nhint: make a new Global(...) in the child"
            )
        state.enter(self._blocks)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if state.leave(self._blocks):
            self.stop()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if state.leave(self._blocks):
            await self.stop_async()

    def __reduce__(self) -> NoReturn:
        raise GlobalContextError(
            "a Global does not travel: every process has its own\n"
            "hint: a callback gets the one of its process with get_g()"
        )

    def __repr__(self) -> str:
        how = "running" if self.is_running else "stopped"
        return f"<daffi.Global {self.process_name!r}, {how}>"


def get_g() -> Global:
    """The Global of this process, from anywhere.

    Raises:
        InitializationError: there is none, it was stopped, or it was made before the process was forked.
    """
    return cast("Global", current_global.get())


def stop_at_exit() -> None:
    """Stop what runs; no thread of ours may still run Python when the interpreter goes.

    It would be ended in the middle of our code.
    """
    current = state.current
    if isinstance(current, Global):
        current._take_down(EXIT_SECONDS)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this module
    callback_loop.stop(EXIT_SECONDS)
    end_callbacks(CALLBACK_SECONDS)
    _daffi.end_notifier(EXIT_SECONDS)  # before the log: failures come from there
    end_log(EXIT_SECONDS, CALLBACK_SECONDS)
    _daffi.settle(EXIT_SECONDS)


def _forked() -> None:
    is_thread_of_ours = _daffi.in_loop_thread() or threading.get_ident() in _daffi.serving_threads()
    for descriptor in _daffi.forked():
        try:
            os.close(descriptor)
        except OSError:
            continue
    forked_child.forked()
    state.forked()
    registry.forked()
    callback_loop.forked()
    signals.forked(on_thread_of_ours=is_thread_of_ours)


atexit.register(stop_at_exit)
forked_child.stop_with(stop_at_exit)
os.register_at_fork(
    before=signals.before_fork, after_in_parent=signals.after_fork, after_in_child=_forked
)
