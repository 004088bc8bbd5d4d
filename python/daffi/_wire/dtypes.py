"""NumPy dtypes as they travel with an array: written as plain values, and read without trust."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, cast

from daffi._exceptions import SerializationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np


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
