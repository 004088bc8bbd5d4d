"""Unpickling may import modules: callbacks that these register are held back until the process imports them itself."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType, TracebackType

IMPORTING: Final = {"_find_and_load", "_lock_unlock_module"}
"""The functions of `importlib` in which a thread waits for a module that another one imports; both call it `name`."""


_threads: Final[set[int]] = set()
"""The threads that pickle or unpickle."""


class _Reading(threading.local):
    """`with reading:` says that this thread pickles or unpickles: what it imports now the program has not asked for."""

    depth = 0

    def __enter__(self) -> None:
        self.depth += 1
        _threads.add(threading.get_ident())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.depth -= 1
        if not self.depth:
            _threads.discard(threading.get_ident())

    def __bool__(self) -> bool:
        return self.depth > 0


reading: Final = _Reading()


def hold_back(function: object, release: Callable[[], None]) -> bool:
    """Call `release` once the process itself imports one of the modules that are running to register a function.

    Where none is running, it is the module of the function. False where another thread is importing one already.
    """
    names = list(_running_modules()) or [str(getattr(function, "__module__", None))]
    if any(_is_imported_elsewhere(name) for name in names):
        return False
    for name in names:
        module = sys.modules.get(name)
        if module is not None:
            # Whatever imports a module that is there asks for this.
            _watch(module, "__spec__", release)
        parent, _, last = name.rpartition(".")
        if parent in sys.modules and parent not in names:
            # Or, as `from package import module` does, for this.
            _watch(sys.modules[parent], last, release)
    return True


def _running_modules() -> Iterator[str]:
    """The modules whose text is being run by what reads a value on this thread, innermost first."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - its documented name
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    # Up to where the value is read: what is beyond imports for the process.
    while frame is not None and not _is_ours(frame):
        if frame.f_code.co_name == "<module>":
            yield str(frame.f_globals.get("__name__"))
        frame = frame.f_back


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == "daffi"


def _is_imported_elsewhere(name: str) -> bool:
    """Whether another thread waits for this module, to import it for the process."""
    for thread, frame in sys._current_frames().items():  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - documented
        if thread in _threads:  # this one, and others that read the same
            continue
        waiting: FrameType | None = frame
        while waiting is not None:
            code = waiting.f_code
            is_importing = code.co_name in IMPORTING and code.co_filename.startswith("<frozen")
            if is_importing and waiting.f_locals.get("name") == name:
                return True
            waiting = waiting.f_back
    return False


def _watch(module: ModuleType, name: str, noticed: Callable[[], None]) -> None:
    """Call `noticed` where the process looks up an attribute of a module, which it may not have yet."""

    def look(self: ModuleType) -> Any:
        if not reading:
            noticed()
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(name) from None

    def put(self: ModuleType, value: object) -> None:
        vars(self)[name] = value

    def drop(self: ModuleType) -> None:
        vars(self).pop(name, None)

    kind = type(module)
    module.__class__ = type(kind.__name__, (kind,), {name: property(look, put, drop)})
