"""The bytes of the typed tier: fixed, so that another Python, another NumPy or a Rust program reads the same."""

import datetime as dt
import decimal
import uuid
import zoneinfo
from typing import Any

import numpy as np
import pytest

from daffi._daffi import _codec

PART = [1]
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
# The format stands in docs/wire-protocol.md.
VECTORS: list[tuple[Any, str]] = [
    (None, "01c0"),
    (True, "01c3"),
    (False, "01c2"),
    (0, "0100"),
    (-1, "01ff"),
    (2**31, "01ce80000000"),
    (2**64, "01c70904000000000000000001"),
    (-(2**70), "01c709040000000000000000c0"),
    (1.5, "01cb3ff8000000000000"),
    ("ä", "01a2c3a4"),
    (b"b", "01c40162"),
    (bytearray(b"x"), "01d40678"),
    ((1, [2]), "01c7040192019102"),
    ({1: {2}, (1,): frozenset("a")}, "018201c702029102c702019101c7030391a161"),
    (1j, "01d8050000000000000000000000000000f03f"),
    (dt.date(2020, 1, 2), "01c7060893cd07e40102"),
    (dt.time(1, 2, 3, 4), "01c70709960102030400c0"),
    (
        dt.datetime(2020, 1, 2, 3, 4, 5, 6, BERLIN, fold=1),
        "01c7190a99cd07e401020304050601ad4575726f70652f4265726c696e",
    ),
    (dt.datetime(2020, 1, 2, tzinfo=dt.UTC), "01c70e0a99cd07e4010200000000009200c0"),
    (dt.timedelta(-1, 2, 3), "01c7040b93ff0203"),
    (decimal.Decimal("1.10"), "01d60c312e3130"),
    (uuid.UUID(int=5), "01d80d00000000000000000000000000000005"),
    (
        np.array([[1, 2], [3, 4]], dtype="<i4", order="F"),
        "01c71c0e94a33c6934920202a146c41001000000030000000200000004000000",
    ),
    (np.array(["ab"], "<U2"), "01c7130e94a33c55329101a143c4086100000062000000"),
    (
        np.zeros(2, [("a", "<i2"), ("b", "S3", (2,))]),
        "01c9000000280e949292a161a33c693293a162a37c533391029102a143c41000000000000000000000000000000000",
    ),
    (np.float32(1), "01c70e0f94a33c663490a143c4040000803f"),
    (
        [PART, (PART,), PART],
        "05939101c7070191d61000000000d610000000000000000001000000",
    ),
]
NAMES = [repr(value) for value, _ in VECTORS]


@pytest.mark.parametrize(("value", "written"), VECTORS, ids=NAMES)
def test_a_typed_value_is_written_in_the_same_bytes_by_every_version(
    value: Any, written: str
) -> None:
    assert _codec.dump(value) == (bytes.fromhex(written), [])


@pytest.mark.parametrize(("value", "written"), VECTORS, ids=NAMES)
def test_a_typed_value_is_read_from_the_bytes_of_every_version(value: Any, written: str) -> None:
    got = _codec.load(bytes.fromhex(written), [])
    assert type(got) is type(value)
    assert repr(got) == repr(value)
