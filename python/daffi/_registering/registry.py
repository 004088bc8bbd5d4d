"""The callbacks of this process: they outlive every Global, and the one that runs offers them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from daffi._exceptions import InitializationError
from daffi._log import callbacks as log
from daffi._registering.reload import is_reload, why_second
from daffi._wire.held_back_imports import hold_back, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from daffi._daffi import Runtime
    from daffi._registering.registered import Offer, Registered


class Registry:
    """The callbacks, in order of registration, and the runtime that offers them."""

    def __init__(self) -> None:
        # Reentrant: what describes a signature may import a module that registers.
        self._lock = threading.RLock()
        self._registered: dict[str, Registered] = {}
        self._held: list[Registered] = []
        self._runtime: Runtime | None = None

    def add(self, callbacks: Iterable[Registered]) -> None:
        """Register callbacks, also with the running Global if there is one: all of them or, with an error, none.

        What a value that is being read brings in is held back until this process imports its module itself.

        Raises:
            InitializationError: another callback has one of the names.
        """
        callbacks = list(callbacks)
        with self._lock:
            if self._hold_back(callbacks):
                return
            for new in callbacks:
                known = self._registered.get(new.name)
                if known is not None and not is_reload(known, new):
                    raise InitializationError(
                        f"there is already a callback named {new.name!r} in this process: {known.place()}; "
                        f"this is the second: {new.place()}\nhint: {why_second(known, new)}"
                    )
            self._offer(callbacks)

    def replace(self, callbacks: Iterable[Registered]) -> None:
        """Register callbacks, each in place of the one of its name; other processes see all of them or none."""
        callbacks = list(callbacks)
        with self._lock:
            if not self._hold_back(callbacks):
                self._offer(callbacks)

    def _offer(self, callbacks: list[Registered]) -> None:
        if self._runtime is not None:
            self._runtime.register([new.offer() for new in callbacks])
        self._registered.update((new.name, new) for new in callbacks)

    def _hold_back(self, callbacks: list[Registered]) -> bool:
        def release() -> None:
            try:
                with self._lock:
                    ours = [held for held in self._held if held in callbacks]
                    self._held = [held for held in self._held if held not in ours]
                    self.add(ours)
            except Exception:  # noqa: BLE001 - an import must not fail by it
                log.exception("callbacks of a module that is imported now cannot be offered")

        if not callbacks or not reading or not hold_back(callbacks[0].function, release):
            return False
        self._held.extend(callbacks)
        return True

    def has(self, function: object) -> bool:
        """Whether a function is registered."""
        with self._lock:
            known = [*self._registered.values(), *self._held]
        return any(function in (one.function, one.run) for one in known)

    def start(self, start: Callable[[list[Offer]], Runtime]) -> Runtime:
        """Start a runtime with what is registered now, and offer what is registered later through it, too."""
        with self._lock:
            known = list(self._registered.values())
        # Without the lock: it may wait for its controller as long as it likes.
        runtime = start([registered.offer() for registered in known])
        with self._lock:
            before = set(known)
            new = [
                registered for registered in self._registered.values() if registered not in before
            ]
            if new:
                runtime.register([registered.offer() for registered in new])
            self._runtime = runtime
        return runtime

    def stop_offering(self) -> None:
        """Forget the runtime; the callbacks stay for a later one."""
        with self._lock:
            self._runtime = None

    def forked(self) -> None:
        """Be usable in a forked child, whatever the threads of the parent were doing."""
        self._lock = threading.RLock()
        self._runtime = None


registry: Final = Registry()
