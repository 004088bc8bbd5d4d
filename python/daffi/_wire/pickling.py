"""Pickles values that have no form of their own on the wire, large buffers beside them, and reads them back."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from daffi._exceptions import DaffiError, SerializationError
from daffi._input.quoted import text_of
from daffi._wire import same_class, unpickler

if TYPE_CHECKING:
    import pickle
    from collections.abc import Callable, Sequence

BLOB_THRESHOLD: Final = 32 << 10
"""From how many bytes on a buffer leaves the pickle and travels beside it; the same as in the protocol."""

MAX_BUFFERS: Final = 4095
"""The most buffers beside one pickle: one less than the blobs a peer accepts, as the pickle may become one itself."""

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
        second.unsendable = text_of(error) or type(error).__name__
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


def _unreadable(reason: str, hint: str) -> SerializationError:
    return SerializationError(f"cannot read what was sent: {reason}\nhint: {hint}")
