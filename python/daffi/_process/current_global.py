"""The one Global of this process: which it is, and how threads that ask for one at the same time share it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final, Protocol

from daffi import _daffi
from daffi._exceptions import (  # `TimeoutError` also the builtin one
    GlobalContextError,
    InitializationError,
    TimeoutError,  # noqa: A004
)
from daffi._process.settings import difference

if TYPE_CHECKING:
    from daffi._process.settings import Settings

ALMOST_STARTED: Final = 5.0
"""How long a callback that comes early waits for its own Global: a moment, or longer on a machine under load."""


class LiveGlobal(Protocol):
    """What the process asks its `Global` for. The class itself stands above this module, and is made with its help."""

    _settings: Settings
    _runtime: _daffi.Runtime
    _blocks: Blocks

    @property
    def is_running(self) -> bool:
        """Whether calls can be made and served."""
        ...


class State:
    """The Global of this process, and the attempt to start it."""

    def __init__(self) -> None:
        # Held for a moment at a time; never while something is waited for.
        self.lock = threading.Lock()
        self.current: LiveGlobal | None = None
        self.attempt: Attempt | None = None
        # For each thread: the blocks of the Global that was running already when this thread asked for one. The `with`
        # that follows takes them.
        self._given = threading.local()
        # Whether this is a forked child that has made no Global, while its parent had one.
        self.is_forked = False

    def forked(self) -> None:
        """Forget those of the parent: this is a child that was just forked."""
        self.is_forked = self.is_forked or self.current is not None
        self.lock = threading.Lock()
        self.current = None
        self.attempt = None
        self._given = threading.local()

    def claim(self, attempt: Attempt) -> LiveGlobal | None:
        """The Global that runs, or None: then it is up to this attempt. Waits for the attempt of another thread.

        Raises:
            InitializationError: a Global of other settings runs, or the other thread was refused what both ask for.
            TimeoutError: the other thread is still at it when the time of this attempt is over.
        """
        while True:
            with self.lock:
                if self.current is not None and self.current.is_running:
                    attempt.check_same(self.current)
                    self._given.blocks = self.current._blocks  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this package
                    return self.current
                other = self.attempt
                if other is None:
                    self.attempt = attempt
                    return None
            attempt.wait_for(other)

    def enter(self, blocks: Blocks) -> None:
        """A `with` block begins.

        Raises:
            GlobalContextError: its Global was stopped. One that a `kill_all` met while it started ends in its `join`.
        """
        given = self._given.__dict__.pop("blocks", None)
        with self.lock:
            if blocks.are_over:
                raise GlobalContextError(
                    "this Global was stopped\nhint: make a new one: with Global(...) as g"
                )
            blocks.entered += 1
            if given is not blocks:
                blocks.has_owner = True

    def leave(self, blocks: Blocks) -> bool:
        """A `with` block ends: whether its Global ends with it."""
        with self.lock:
            blocks.entered -= 1
            return blocks.entered == 0 and blocks.has_owner

    def end(self, attempt: Attempt) -> None:
        """Let the threads go on that wait for this attempt."""
        with self.lock:
            if self.attempt is attempt:
                self.attempt = None
        attempt.over.set()


class Blocks:
    """The `with` blocks of one Global, in all threads: the last one ends it.

    `with Global(...)` where it runs already is a guest, and a Global that has only guests runs on: whoever made it
    without a `with` ends it.
    """

    def __init__(self) -> None:
        self.entered = 0
        self.has_owner = False
        # Its Global was stopped here, by whatever means.
        self.are_over = False


class Attempt:
    """What one thread does to start the Global; others that want one wait for it, each in its own time."""

    def __init__(self, settings: Settings, kind: type[LiveGlobal]) -> None:
        self.over = threading.Event()
        self.error: BaseException | None = None
        self._settings = settings
        self._kind = kind
        self._thread = threading.get_ident()
        timeout = settings.connect_timeout
        self._until = None if timeout is None else time.monotonic() + timeout

    @property
    def left(self) -> float | None:
        """The seconds that are left; None without a limit."""
        return None if self._until is None else max(0.0, self._until - time.monotonic())

    def check_same(self, live: LiveGlobal) -> None:
        """Refuse where what runs is not what is asked for."""
        other = live._settings  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this package
        if other != self._settings or not isinstance(live, self._kind):
            raise InitializationError(difference(other, self._settings))

    def wait_for(self, other: Attempt) -> None:
        """Wait until another attempt is over."""
        if other._thread == self._thread:
            raise InitializationError(
                "this thread is just starting a Global, and was interrupted by what asks for one\n"
                "hint: make it outside of signal handlers"
            )
        is_over = other.over.wait(self.left)
        if self.left == 0.0 and not (is_over and other.error is None):
            said = other.error if isinstance(other.error, TimeoutError) else None
            raise TimeoutError(
                str(said)
                if said is not None
                else f"no Global within {self._settings.connect_timeout} s: another thread is still starting it"
            )
        # Refused, it would be again.
        if isinstance(other.error, InitializationError) and other._settings == self._settings:
            raise InitializationError(*other.error.args) from other.error


state: Final = State()


def get() -> LiveGlobal:
    """The Global of this process.

    Raises:
        InitializationError: there is none, it was stopped, or it was made before the process was forked.
    """
    current = state.current
    if current is None and _daffi.in_callback():
        wait_almost_started()
        current = state.current
    if current is None and state.is_forked:
        raise InitializationError(
            "this process has no Global: it was made before the process was forked\n"
            "hint: make a new Global(...) in the child"
        )
    # While it stops, the callbacks that run still have it: they are waited for.
    if current is None or not (current.is_running or _daffi.in_callback()):
        raise InitializationError("this process has no Global\nhint: make one first: Global(...)")
    return current


def get_for_callback() -> LiveGlobal:
    """The Global of this process, for the parameter `g` of a callback and for what it calls.

    Raises:
        InitializationError: there is none, or it was stopped.
    """
    if state.current is None:
        wait_almost_started()
    return get()


def runtime() -> _daffi.Runtime:
    """The runtime of the Global of this process.

    Raises:
        InitializationError: as `get` does.
    """
    return get()._runtime  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - of this package


def wait_almost_started() -> None:
    """Wait for a constructor that has not quite returned. Called by the seam.

    A call may come in when the node of a Global is up and its constructor still runs.
    """
    attempt = state.attempt
    if attempt is not None:
        attempt.over.wait(ALMOST_STARTED)
