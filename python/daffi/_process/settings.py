"""The settings of a `Global`: read, checked, and compared with those of the one that runs."""

from __future__ import annotations

import os
import threading
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from daffi._exceptions import InitializationError
from daffi._input.durations import seconds
from daffi._input.quoted import quoted

if TYPE_CHECKING:
    from daffi._input.durations import Duration

MAX_MESSAGE: Final = 1 << 30
"""The most bytes of the arguments or the result of one call, unless set: 1 GiB."""

MAX_WAITING_BYTES: Final = 128 << 20
"""The most bytes of arguments that wait to be sent, unless set: 128 MiB, what a small container can spare."""

THREADS: Final = 1024
"""The most threads that serve a process, unless set. One of them reads."""

MAX_PENDING_BYTES: Final = 256 << 20
"""The most bytes that calls to a process hold together until they are answered, unless set: 256 MiB."""

MAX_TASKS: Final = 10_000
"""The most calls of `async def` callbacks that are under way at once, unless set."""

PATIENCE: Final = 30.0
"""How long a call waits for its turn while none of those before it ends, unless set; in seconds."""

_LEAST_THREADS: Final = 2
"""One reads, another runs callbacks."""


@dataclass(frozen=True)
class Settings:
    """What a Global was asked for, compared when a second one is asked for."""

    process_name: str | None
    init_controller: bool
    init_node: bool
    host: str | None
    port: int | None
    unix_sock_path: str | None
    direct: bool | Literal["tcp"]
    connect_timeout: float | None
    max_message: int
    max_waiting_bytes: int
    threads: int
    max_pending_bytes: int
    max_tasks: int
    patience: float | None

    def asked(self, connect_timeout: float | None) -> RuntimeSettings:
        """The same for the seam; `connect_timeout` is what is left of it, in seconds."""
        return {
            "process_name": self.process_name,
            "controller": self.init_controller,
            "node": self.init_node,
            "host": self.host,
            "port": self.port,
            "unix_sock_path": self.unix_sock_path,
            "direct": {True: "any", False: "never", "tcp": "tcp"}[self.direct],
            "connect_timeout": connect_timeout,
            "max_message": self.max_message,
            "max_waiting_bytes": self.max_waiting_bytes,
            "threads": self.threads,
            "max_pending_bytes": self.max_pending_bytes,
            "stack_size": threading.stack_size(),
            "max_tasks": self.max_tasks,
            "patience": self.patience,
        }


class RuntimeSettings(TypedDict):
    """The settings as the seam takes them; times in seconds."""

    process_name: str | None
    controller: bool
    node: bool
    host: str | None
    port: int | None
    unix_sock_path: str | None
    direct: str
    connect_timeout: float | None
    max_message: int
    max_waiting_bytes: int
    threads: int
    max_pending_bytes: int
    stack_size: int
    max_tasks: int
    patience: float | None


def read_port(port: int | str | None) -> int | None:
    """The port, also from text; None where any will do."""
    if port is None:
        return None
    try:
        number = int(port) if isinstance(port, (int, str)) and not isinstance(port, bool) else -1  # pyright: ignore[reportUnnecessaryIsInstance]
    except ValueError:
        number = -1
    if not 0 <= number <= 65535:  # noqa: PLR2004 - the ports there are
        raise InitializationError(f"not a port: {quoted(port)}\nhint: a number from 1 to 65535")
    return number or None


def read_path(path: str | os.PathLike[str] | None) -> str | None:
    """The folder of the socket as text; a relative one from the root on, as the current folder may change."""
    try:
        folder = None if path is None else os.fsdecode(path)
    except TypeError:
        hint = 'hint: write unix_sock_path="/some/folder"'
        raise InitializationError(
            f"unix_sock_path is not a folder: {quoted(path)}\n{hint}"
        ) from None
    if folder is None or folder.startswith("/"):
        return folder
    if not folder:
        hint = "hint: name a folder, or leave it out for the common one"
        raise InitializationError(f"unix_sock_path is empty\n{hint}")
    from pathlib import Path  # noqa: PLC0415 - slow to import, and few name a relative folder

    try:
        return str(Path.cwd() / folder)
    except OSError:
        raise InitializationError(
            f"unix_sock_path is relative, and the current folder is gone: {folder!r}\n"
            "hint: name it from the root on"
        ) from None


def names() -> list[str]:
    """What a Global can be asked for."""
    return [field.name for field in fields(Settings)]


def check(settings: Settings) -> None:
    """Refuse settings that cannot be, or do not fit together.

    Raises:
        InitializationError: with what to write in place of them.
    """
    _check_kinds(settings)
    if not settings.init_controller and not settings.init_node:
        raise InitializationError(
            "neither a controller nor a node was asked for\nhint: leave init_node=True, or set init_controller=True"
        )
    if settings.host is not None and settings.unix_sock_path is not None:
        raise InitializationError(
            f"host and unix_sock_path exclude each other: {settings.host!r}, {settings.unix_sock_path!r}\n"
            "hint: give host and port for TCP, or unix_sock_path for a unix socket"
        )
    if settings.host is not None:
        _check_host(settings.host, settings.port)
    if settings.host is None and settings.port is not None:
        raise InitializationError(
            f'a port without a host: {settings.port}\nhint: Global(host="localhost", port={settings.port})'
        )
    # Not a set: what was given may not be hashable.
    if settings.direct not in (True, False, "tcp"):
        raise InitializationError(
            f'direct is True, False or "tcp", not this: {quoted(settings.direct)}'
        )


def _check_kinds(settings: Settings) -> None:
    """What type checkers would have said; the seam could only name its own fields."""
    texts: dict[str, object] = {"process_name": settings.process_name, "host": settings.host}
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            raise InitializationError(
                f'{name} is not text: {quoted(value)}\nhint: write {name}="..."'
            )
        if value is not None and not _can_be_written(value):
            raise InitializationError(
                f"{name} has characters that UTF-8 lacks: {value!r}\nhint: write others"
            )
    switches: dict[str, object] = {
        "init_controller": settings.init_controller,
        "init_node": settings.init_node,
    }
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InitializationError(
                f"{name} is not True or False: {quoted(value)}\nhint: write {name}=True"
            )
    _check_bytes("max_message", settings.max_message, MAX_MESSAGE)
    _check_bytes("max_waiting_bytes", settings.max_waiting_bytes, MAX_WAITING_BYTES)
    _check_bytes("max_pending_bytes", settings.max_pending_bytes, MAX_PENDING_BYTES)
    if not _is_number(settings.threads, _LEAST_THREADS, 1 << 32):
        raise InitializationError(
            f"threads is not a number from {_LEAST_THREADS} on: {quoted(settings.threads)}\n"
            f"hint: threads={THREADS} is the default"
        )
    if not _is_number(settings.max_tasks, 1, 1 << 64):
        raise InitializationError(
            f"max_tasks is not a number of calls: {quoted(settings.max_tasks)}\n"
            f"hint: max_tasks={MAX_TASKS} is the default"
        )


def _check_host(host: str, port: int | None) -> None:
    """Refuse what is more than a host: a process would look for it in vain for ever."""
    place = host.rpartition("://")[2].partition("/")[0]
    name, colon, number = place.rpartition(":")
    # An address of IPv6 has several colons, and is a host; with a port it stands in brackets.
    is_with_port = colon == ":" and (":" not in name or name.endswith("]"))
    meant = (name if is_with_port else place).strip("[]") or "localhost"
    if meant == host:
        return
    known = number if is_with_port and number.isdecimal() else str(port or 8888)
    raise InitializationError(
        f"host is the name of a machine, or its address, not this: {quoted(host)}\n"
        f'hint: Global(host="{meant}", port={known})'
    )


def _check_bytes(name: str, value: object, default: int) -> None:
    if not _is_number(value, 1, 1 << 64):
        raise InitializationError(
            f"{name} is not a number of bytes: {quoted(value)}\nhint: {name}={default} is the default"
        )


def _is_number(value: object, least: int, below: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < below


def _can_be_written(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def difference(live: Settings, asked: Settings) -> str:
    """Say why a second Global is not the first, setting by setting."""
    before, after = asdict(live), asdict(asked)
    changed = [
        f"{name}={before[name]!r}, not {after[name]!r}"
        for name in before
        if before[name] != after[name]
    ]
    return (
        f"this process has a Global with other settings: {'; '.join(changed)}\n"
        "hint: use get_g(), or stop the first one"
    )


def limit(timeout: Duration) -> float | None:
    """The seconds of a limit; None where there is none."""
    return seconds(timeout) or None
