"""That a process has one Global, whatever its threads ask for at the same time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from daffi._exceptions import (  # `TimeoutError` also the builtin one
    GlobalContextError,
    InitializationError,
    TimeoutError,  # noqa: A004
)
from daffi._process.settings import difference

if TYPE_CHECKING:
    from daffi._global import Global
    from daffi._process.settings import Settings


class State:
    """The Global of this process, and the attempt to start it."""

    def __init__(self) -> None:
        # Held for a moment at a time; never while something is waited for.
        self.lock = threading.Lock()
        self.current: Global | None = None
        self.attempt: Attempt | None = None
        # Of each thread, the blocks of the Global that it was given last and that ran before: a `with` follows at once.
        self._given = threading.local()
        # In a forked child that has made none: its parent had one.
        self.is_forked = False

    def forked(self) -> None:
        """Forget those of the parent: this is a child that was just forked."""
        self.is_forked = self.is_forked or self.current is not None
        self.lock = threading.Lock()
        self.current = None
        self.attempt = None
        self._given = threading.local()

    def claim(self, attempt: Attempt) -> Global | None:
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

    def __init__(self, settings: Settings, kind: type[Global]) -> None:
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

    def check_same(self, live: Global) -> None:
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
