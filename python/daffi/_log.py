"""The loggers of the package, and the thread that hands them what the core tells of. See docs/logging.md."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import Final

from daffi import _daffi
from daffi._exceptions import CallCancelled, GlobalContextError

callbacks: Final = logging.getLogger("daffi.callbacks")
"""What runs here for others."""

calls: Final = logging.getLogger("daffi.calls")
"""What is called from here."""

controller: Final = logging.getLogger("daffi.controller")
"""The controller, in the process that has it."""

link: Final = logging.getLogger("daffi.link")
"""Connections, and what ends them."""

node: Final = logging.getLogger("daffi.node")
"""This process among the others."""

_OF_CORE: Final = {logger.name: logger for logger in (callbacks, controller, link, node)}
"""Those that the core writes to."""

LogLine = tuple[str, int, str, list[tuple[str, str]], float, str | None, str, int]
"""A line of the core: logger, level, message, fields, seconds since 1970, thread, file, line there."""

_LEVELS: Final = (logging.DEBUG, logging.INFO, logging.WARNING)


def read_levels() -> None:
    """Tell the core which levels are wanted, so that it makes no lines that nobody reads."""
    _daffi.set_log_levels(
        {
            name: next((level for level in _LEVELS if logger.isEnabledFor(level)), logging.WARNING)
            for name, logger in _OF_CORE.items()
        }
    )


_threads: Final[set[int]] = set()


def threads() -> list[int]:
    """The thread that hands on what is told, as `threading.get_ident` numbers it, while there is one."""
    return list(_threads)


def start(generation: int) -> None:
    """Start the thread that hands on what the core tells of. Called by the seam, with the first line."""
    threading.Thread(target=_deliver, args=(generation,), name="daffi-log", daemon=True).start()


def _deliver(generation: int) -> None:
    _threads.clear()  # of a parent, in a forked child
    _threads.add(threading.get_ident())
    while (told := _daffi.log_lines(generation)) is not None:
        entries, dropped = told
        for entry in entries:
            _hand_on(entry)
        if dropped:
            _hand_on(_record_of_dropped(dropped))
        # A class of the user's for loggers may raise, and a line may find no memory: the next ones come all the same.
        with contextlib.suppress(BaseException):
            read_levels()


def _hand_on(entry: LogLine | logging.LogRecord) -> None:
    """Give a line to its logger; whatever a handler does, the next line comes."""
    try:
        record = entry if isinstance(entry, logging.LogRecord) else _record_of(entry)
        logger = logging.getLogger(record.name)
        if logger.isEnabledFor(record.levelno):
            logger.handle(record)
    except BaseException as error:  # noqa: BLE001 - SystemExit of a handler must not end the lines
        hook = threading.ExceptHookArgs(
            (type(error), error, error.__traceback__, threading.current_thread())
        )
        with contextlib.suppress(BaseException):
            threading.excepthook(hook)


def _record_of(line: LogLine) -> logging.LogRecord:
    name, level, message, fields, at, thread, file, number = line
    extra = {"daffi": dict(fields)}
    record = _OF_CORE[name].makeRecord(
        name, level, file, number, message, (), None, None, extra=extra
    )
    # It was told of before, and elsewhere.
    record.relativeCreated -= (record.created - at) * 1e3
    record.created = at
    record.msecs = at % 1 * 1e3
    record.thread = None
    record.threadName = thread
    return record


def _record_of_dropped(count: int) -> logging.LogRecord:
    text = "%d log lines were dropped: the handlers do not keep up"
    fields = {"dropped": count}
    return node.makeRecord(
        node.name, logging.WARNING, __file__, 0, text, (count,), None, extra={"daffi": fields}
    )


def _later(
    logger: logging.Logger,
    level: int,
    text: str,
    *args: object,
    error: BaseException | None = None,
    **fields: object,
) -> None:
    """Log in the thread for that: this one has other things to do, and handlers may take long."""
    if logger.isEnabledFor(level):
        exc_info = None if error is None else (type(error), error, error.__traceback__)
        record = logger.makeRecord(
            logger.name, level, __file__, 0, text, args, exc_info, extra={"daffi": fields}
        )
        _daffi.log_later(record)


def log_failed_run(func_name: str, task: bytes, error: BaseException) -> None:
    """Say that a run of a scheduled task failed. Called by the seam where it ran, and where it was scheduled."""
    from uuid import UUID  # noqa: PLC0415 - slow to import, and few processes schedule anything

    uuid = UUID(bytes=bytes(task))
    text = "a scheduled run of %s failed, task %s: %s"
    _later(
        callbacks,
        logging.ERROR,
        text,
        func_name,
        uuid,
        error,
        error=error,
        func_name=func_name,
        task=str(uuid),
    )


def log_ended_loop(function: object) -> None:
    """Say that a function is not called, as the event loop in which it was to be has ended."""
    name = _name(function)
    text = (
        "the done-callback %s is not called: the event loop that added it has ended\n"
        "hint: await the result before the loop ends, or add the function outside of event loops"
    )
    _later(calls, logging.WARNING, text, name, function=name)


def log_slow_done_callback(function: object, seconds: float) -> None:
    """Say that a function takes long for which those of other calls wait. Called by the seam."""
    name = _name(function)
    text = (
        "the done-callback %s has taken %.1f s, and those of other calls wait for it\n"
        "hint: have a thread of your own do what takes long"
    )
    _later(calls, logging.WARNING, text, name, seconds, function=name, seconds=seconds)


def log_unseen(func_name: str, error: BaseException, in_stop: bool) -> None:  # noqa: FBT001 - only the seam calls it
    """Say that a call failed, and that nobody has looked. Called by the seam, some time later.

    Args:
        func_name: the callback.
        error: why.
        in_stop: whether it failed when its own process stopped or had stopped.
    """
    if isinstance(error, CallCancelled):
        return
    # A call that was sent fails like this only when its own process stops: nothing has gone wrong, and the callback
    # may well run. One that was not sent, as to a process that is not there, has failed.
    of_our_stop = isinstance(error, GlobalContextError) and in_stop
    level = logging.DEBUG if of_our_stop else logging.ERROR
    text = "%s failed, and nobody waits for it: %s"
    _later(calls, level, text, func_name, error, error=error, func_name=func_name)


def _name(function: object) -> str:
    return getattr(function, "__qualname__", type(function).__qualname__)
