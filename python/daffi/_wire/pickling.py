"""What the codec of the seam leaves to Python: pickling, and NumPy dtypes."""

from __future__ import annotations

import functools
import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, cast

from daffi._exceptions import DaffiError, SerializationError
from daffi._wire import same_class, unpickler

if TYPE_CHECKING:
    import pickle
    from collections.abc import Callable, Sequence

    import numpy as np

BLOB_THRESHOLD: Final = 32 << 10
"""From how many bytes on a buffer leaves the pickle and travels beside it; the same as in the protocol."""

MAX_BUFFERS: Final = 4095
"""The most buffers beside one pickle: one less than the blobs a peer accepts, as the pickle may become one itself."""

REASON: Final = 300
"""How many characters of somebody else's reason an error shows."""

HINT_MISSING: Final = "make it importable in the process that receives it, in the same version"
HINT_MODULE: Final = (
    "install {0!r} where it is read; a module of your own travels where the sender calls "
    "cloudpickle.register_pickle_by_value({0})"
)
HINT_REBUILD: Final = (
    "what rebuilds it raised there: its class says how, by __reduce__ or __setstate__"
)


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

    data = _dumped(value, stays_inside, again=buffers.clear)
    return data, buffers


def dumps_or_none(value: object) -> bytes | None:
    """Pickle `value` like `dumps` but in one piece; None where it cannot be pickled."""
    try:
        return _dumped(value, None)
    except Exception:  # noqa: BLE001 - any reason is one
        return None


def _dumped(
    value: object,
    buffer_callback: Callable[[pickle.PickleBuffer], bool] | None,
    again: Callable[[], None] = lambda: None,
) -> bytes:
    """Pickle `value`; where a class of the script cannot travel, with its place alone. `again` forgets the buffers."""
    made = pickler()
    out = BytesIO()
    first = made(out, protocol=5, buffer_callback=buffer_callback)
    try:
        first.dump(value)
    except Exception as error:
        if not first.has_placed or isinstance(error, RecursionError):
            raise
        again()
        out = BytesIO()
        second = made(out, protocol=5, buffer_callback=buffer_callback)
        second.untold = text_of(error) or type(error).__name__
        try:
            second.dump(value)
        except Exception:  # noqa: BLE001 - the fault is elsewhere
            raise error from None
    return out.getvalue()


def pickler() -> Any:
    """The class that pickles what travels."""
    # Not imported at the top: cloudpickle is slow to import, and most processes never pickle.
    from daffi._wire.pickler import Pickler  # noqa: PLC0415

    same_class.pickle_script_by_value()
    return Pickler


def loads(data: bytes, buffers: Sequence[bytes | bytearray] = ()) -> Any:
    """Undo `dumps`.

    Raises:
        SerializationError: something that the pickle names is missing here, or its own code raised.
    """
    try:
        return unpickler.load(data, buffers)
    except DaffiError:
        raise
    except ModuleNotFoundError as error:
        hint = HINT_MODULE.format(error.name) if error.name else HINT_MISSING
        raise _unreadable(f"no module named {error.name!r}", hint) from error
    except (Exception, SystemExit) as error:
        # SystemExit is what the sender wrote; who reads it must not end by that.
        hint = HINT_MISSING if isinstance(error, (ImportError, AttributeError)) else HINT_REBUILD
        raise _unreadable(f"{type(error).__name__}: {text_of(error)}", hint) from error


def unreadable(reason: str, cause: BaseException | None) -> SerializationError:
    """The error for a typed payload that cannot be read."""
    error = _unreadable(reason, "the two processes may run versions of daffi that do not fit")
    error.__cause__ = cause
    return error


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


def _unreadable(reason: str, hint: str) -> SerializationError:
    return SerializationError(f"cannot read what was sent: {reason}\nhint: {hint}")


def text_of(error: BaseException) -> str:
    """What an exception says, in some hundred characters, whatever its own `str` does."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - as above
        text = type(error).__qualname__
    return text if len(text) <= REASON else f"{text[:REASON]}..."
