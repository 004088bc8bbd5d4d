"""What the codec of the seam leaves to Python: pickling, NumPy dtypes, and saying what could not travel."""

from __future__ import annotations

import contextlib
import functools
import importlib
import pickle
import re
from io import BytesIO
from types import FunctionType, MemberDescriptorType
from typing import TYPE_CHECKING, Any, Final, cast

from daffi._exceptions import DaffiError, SerializationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy as np

BLOB_THRESHOLD: Final = 32 << 10
"""From how many bytes on a buffer leaves the pickle and travels beside it; the same as in the protocol."""

MAX_BUFFERS: Final = 4095
"""The most buffers beside one pickle: one less than the blobs a peer accepts, as the pickle may become one itself."""

PROBES: Final = 10_000
"""How many parts of a value are tried by themselves to find the one that cannot travel, before giving up."""

HINT_UNSENDABLE: Final = "send what the other side can make it from: an address, a path, plain data"
HINT_MISSING: Final = "make it importable in the process that receives it"


def dumps(value: object) -> tuple[bytes, list[pickle.PickleBuffer]]:
    """Pickle `value` by value where it cannot be imported, its large buffers beside it.

    Raises:
        Exception: whatever the value raises on being pickled.
    """
    buffers: list[pickle.PickleBuffer] = []

    def stays_inside(buffer: pickle.PickleBuffer) -> bool:
        try:
            size = buffer.raw().nbytes
        except BufferError:  # not in one piece
            return True
        if size < BLOB_THRESHOLD or len(buffers) >= MAX_BUFFERS:
            return True
        buffers.append(buffer)
        return False

    out = BytesIO()
    _cloudpickle().CloudPickler(out, protocol=5, buffer_callback=stays_inside).dump(value)
    return out.getvalue(), buffers


def dumps_or_none(value: object) -> bytes | None:
    """Pickle `value` like `dumps` but in one piece; None where it cannot be pickled."""
    try:
        return _cloudpickle().dumps(value, protocol=5)
    except Exception:  # noqa: BLE001 - any reason is one
        return None


def _cloudpickle() -> Any:
    # Not imported at the top: that is slow, and most processes never pickle.
    return importlib.import_module("cloudpickle")


def loads(data: bytes, buffers: Sequence[bytes | bytearray] = ()) -> Any:
    """Undo `dumps`.

    Raises:
        SerializationError: something that the pickle names is missing here, or its own code raised.
    """
    try:
        return pickle.loads(data, buffers=buffers)  # noqa: S301 - peers are trusted to send pickles
    except DaffiError:
        raise
    except ModuleNotFoundError as error:
        hint = f"install {error.name!r} there" if error.name else HINT_MISSING
        raise _unreadable(f"no module named {error.name!r}", hint) from error
    except (Exception, SystemExit) as error:
        # SystemExit is what the sender wrote; who reads it must not end by that.
        raise _unreadable(f"{type(error).__name__}: {_text(error)}", HINT_MISSING) from error


def unreadable(reason: str, cause: BaseException | None) -> SerializationError:
    """The error for a typed payload that cannot be read."""
    error = _unreadable(reason, "the two processes may run versions of daffi that do not fit")
    error.__cause__ = cause
    return error


def unsendable_arguments(
    error: Exception,
    args: tuple[object, ...],
    kwargs: Mapping[str, object] | None,
    names: Sequence[str | None],
) -> BaseException:
    """The error for arguments that cannot be pickled, naming the one and where in it the fault is."""
    if _passes(error):
        return error
    for label, value in _labelled(args, kwargs or {}, names):
        found = _locate(value)
        if found is not None:
            return _unsendable(label, *found)
    # Each by itself can travel, all together cannot: too deep, or not twice.
    return _unsendable("the arguments", "", None, error)


def unsendable_value(error: Exception, value: object, what: str) -> BaseException:
    """The error for a value that cannot be pickled: a result, an item of a stream."""
    if _passes(error):
        return error
    path, culprit, reason = _locate(value) or ("", None, error)
    return _unsendable(what, path, culprit, reason)


def dtype_record(dtype: np.dtype[Any]) -> str | list[Any] | None:
    """What says `dtype` on the wire: its `str`, or rows of a structured one; None for what pickle has to say."""
    import numpy as np  # noqa: PLC0415

    if dtype.hasobject or dtype.itemsize == 0 or dtype.metadata is not None:
        return None
    if dtype.names is None:
        # What is not NumPy's own (bfloat16) says less than it is in its `str`.
        text = dtype.str
        return text if _PLAIN_DTYPE.fullmatch(text) and np.dtype(text) == dtype else None
    try:
        rows = _rows_to_wire(dtype.descr)
        # What `descr` cannot say does not come back the same: alignment, overlapping fields.
        same = rows is not None and dtype_of_record(rows) == dtype and not dtype.isalignedstruct
    except (TypeError, ValueError, SerializationError):
        return None
    return rows if same and dtype.type is np.void else None


def dtype_of_record(record: object) -> np.dtype[Any]:
    """Undo `dtype_record`. Nothing in `record` is trusted: above all, no array of a peer's may hold pointers.

    Raises:
        ValueError: it is no dtype that `dtype_record` gives.
    """
    import numpy as np  # noqa: PLC0415

    if isinstance(record, str):
        return _plain_dtype(record)
    dtype: np.dtype[Any] = np.dtype(_rows_from_wire(record))
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError("an array of this dtype does not travel typed")
    return dtype


_PLAIN_DTYPE: Final = re.compile(r"[<>|=][biufcmMSUV]\d{1,9}(?:\[[0-9a-zA-Zµ/]{1,24}\])?")


@functools.lru_cache(maxsize=256)
def _plain_dtype(text: str) -> np.dtype[Any]:
    import numpy as np  # noqa: PLC0415

    if not _PLAIN_DTYPE.fullmatch(text):
        raise ValueError(f"no dtype that travels typed: {text[:80]!r}")
    dtype: np.dtype[Any] = np.dtype(text)
    if dtype.hasobject or dtype.itemsize == 0:
        raise ValueError(f"no dtype that travels typed: {text!r}")
    return dtype


def _rows_to_wire(descr: Sequence[tuple[Any, ...]]) -> list[Any] | None:
    rows: list[Any] = []
    for name, kind, *shape in descr:
        wire: Any = kind if isinstance(kind, str) else _rows_to_wire(kind)
        if not isinstance(name, str) or wire is None:  # a title beside the name
            return None
        rows.append([name, wire, *([list(shape[0])] if shape else [])])
    return rows


def _rows_from_wire(rows: object) -> list[Any]:
    descr: list[Any] = []
    for row in _listed(rows):
        name, kind, *shape = _listed(row)
        if not isinstance(name, str) or len(shape) > 1:
            raise ValueError("no row of a dtype")
        made = _plain_dtype(kind) if isinstance(kind, str) else _rows_from_wire(kind)
        descr.append((name, made, *(tuple(_listed(axes)) for axes in shape)))
    return descr


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no row of a dtype")  # noqa: TRY004 - what a peer sent is a value to us
    return cast("list[Any]", value)


def _passes(error: Exception) -> bool:
    # A value may refuse to travel for a reason of daffi's own: a Global, a pending call.
    return isinstance(error, DaffiError)


def _labelled(
    args: tuple[object, ...], kwargs: Mapping[str, object], names: Sequence[str | None]
) -> Iterator[tuple[str, object]]:
    for index, value in enumerate(args):
        name = names[index] if index < len(names) else None
        place = f"(position {index + 1})"
        yield f"argument {name!r} {place}" if name else f"an argument {place}", value
    for name, value in kwargs.items():
        yield f"argument {name!r}", value


def _unsendable(what: str, path: str, culprit: object, error: BaseException) -> SerializationError:
    where = f", at {path}" if path else ""
    reason = _text(error)
    kind = type(culprit).__qualname__
    if culprit is not None and kind not in reason:
        reason = f"{reason} (a value of type {kind!r})" if reason else f"a value of type {kind!r}"
    made = SerializationError(f"cannot send {what}{where}: {reason}\nhint: {HINT_UNSENDABLE}")
    made.__cause__ = error
    return made


def _unreadable(reason: str, hint: str) -> SerializationError:
    return SerializationError(f"cannot read what was sent: {reason}\nhint: {hint}")


def _locate(value: object) -> tuple[str, object, Exception] | None:
    """The path of the innermost part that cannot be pickled, the part, and why; None where all can.

    Runs only after a failure, so it may take its time; every step pickles a part by itself.
    """
    error = _failure(value)
    if error is None:
        return None
    path = ""
    seen = {id(value)}
    left = PROBES
    descending = True
    while descending:
        descending = False
        for step, part in _parts(value):
            left -= 1
            if left < 0:
                break
            if id(part) in seen:
                continue
            failure = _failure(part)
            if failure is not None:
                seen.add(id(part))
                path, value, error, descending = path + step, part, failure, True
                break
    return path, value, error


def _failure(value: object) -> Exception | None:
    try:
        dumps(value)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is why the value cannot travel
        return error
    return None


def _parts(value: object) -> Iterator[tuple[str, object]]:
    """What `value` is made of, each part with the step that leads to it as one would write it in Python."""
    yield from _contained(value)
    for name, part in members(value).items():
        yield f".{name}", part


def _contained(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in cast("dict[object, object]", value).items():
            yield f"[{short_repr(key)}]", part
            yield f" key {short_repr(key)}", key
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(cast("Sequence[object]", value)):
            yield f"[{index}]", part
    elif isinstance(value, (set, frozenset)):
        for part in cast("set[object]", value):
            yield f" element {short_repr(part)}", part
    elif isinstance(value, FunctionType):
        yield from _captured(value)


def _captured(function: FunctionType) -> Iterator[tuple[str, object]]:
    """What a function that travels by value takes along."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f" variable {name!r}", cell.cell_contents
        except ValueError:  # not bound yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield f" global {name!r}", function.__globals__[name]


def members(value: object) -> dict[str, object]:
    """The attributes that a value holds itself, in its `__dict__` and its slots, without running code of its own."""
    found: dict[str, object] = {}
    # None of its own, or a class, which has a mere view of it.
    with contextlib.suppress(AttributeError, TypeError):
        found.update(object.__getattribute__(value, "__dict__"))
    for kind in type(value).__mro__:
        for name, slot in kind.__dict__.items():
            if isinstance(slot, MemberDescriptorType) and not name.startswith("__"):
                try:
                    found.setdefault(name, slot.__get__(value))
                except AttributeError:  # not set
                    continue
    return found


def short_repr(value: object) -> str:
    """A text of one line for `value`, whatever its own `repr` does."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a broken repr must not hide the error it is told in
        return f"<{type(value).__qualname__}>"
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - fits a line


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - as above
        return type(error).__qualname__
