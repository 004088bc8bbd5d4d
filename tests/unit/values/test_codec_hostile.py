"""Nothing a peer sends crashes the reader or makes it allocate more than the payload holds."""

import random
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daffi._daffi import _codec
from daffi._exceptions import SerializationError

TYPED = b"\x01"


def load(body: bytes) -> Any:
    return _codec.load(TYPED + body, [])


def honest() -> list[bytes]:
    import datetime as dt
    import decimal
    import uuid
    import zoneinfo

    import numpy as np

    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    samples: list[Any] = [
        [1, -1, 2**40, 2**70, 1.5, "text", b"bytes", bytearray(b"x"), None, True],
        ({"key": (1, {2, 3}), (1, 2): frozenset("ab")}, 1j),
        [
            dt.date(2020, 1, 2),
            dt.datetime(2020, 1, 2, 3, 4, 5, 6, berlin),
            dt.time(1, 2, tzinfo=dt.UTC),
        ],
        [dt.timedelta(1, 2, 3), decimal.Decimal("1.5"), uuid.UUID(int=5)],
        [np.arange(6).reshape(2, 3), np.zeros(2, [("a", "i4"), ("b", "S3", (2,))]), np.float32(1)],
    ]
    return [_codec.dump(sample)[0] for sample in samples]


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (_codec.load, _codec.load_call):
        with suppress(SerializationError):
            read(TYPED + body, [])


def test_every_cut_and_every_flipped_bit_is_read_or_refused() -> None:
    for payload in honest():
        for length in range(len(payload)):
            with pytest.raises(SerializationError):
                _codec.load(payload[:length], [])
        for bit in range(8, len(payload) * 8):
            bad = bytearray(payload)
            bad[bit // 8] ^= 1 << (bit % 8)
            with suppress(SerializationError):
                _codec.load(bytes(bad), [])


def test_honest_payloads_with_random_bytes_in_them_are_read_or_refused() -> None:
    source = random.Random(7)
    for _ in range(3000):
        bad = bytearray(source.choice(honest_payloads))
        for _ in range(source.randint(1, 4)):
            bad[source.randrange(1, len(bad))] = source.randrange(256)
        with suppress(SerializationError):
            _codec.load(bytes(bad), [])


honest_payloads = honest()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\xd4\x63\x00",
        b"\x01\x01",
        b"\x91" * 100_000,
        b"\x81\x90\x01",
        b"\x81\xc7\x02\x02\x91\x01\x01",
        b"\xc7\x02\x02\x91\x90",
        b"\xc7\x02\x03\x91\x90",
        b"\xc7\x03\x01\x91\x01\x01",
        b"\xc7\x01\x01\x91\x01",
        b"\xa1\xff",
        b"\xd6\x07\x00\x00\x00\x00",
        b"\xc7\x04\x08\x93\x00\x01\x01",
        b"\xd8\x05" + bytes(15),
        b"\xc7\x03\x0d" + bytes(3),
        b"\xc7\x03\x0c" + b"abc",
    ],
)
def test_what_no_peer_of_ours_sends_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationError, match="cannot read what was sent"):
        load(body)


def test_depth_is_limited_through_every_container() -> None:
    def nested(before: bytes, depth: int) -> bytes:
        return before * depth + b"\xc0"

    load(nested(b"\x91", 64))
    for before in (b"\x91", b"\x81\x01"):
        with pytest.raises(SerializationError, match="nested too deep"):
            load(nested(before, 65))
    body = b"\x90"
    for _ in range(64):
        body = b"\x91\xc9" + (len(body)).to_bytes(4, "big") + b"\x01" + body
    with pytest.raises(SerializationError, match="nested too deep"):
        load(body)


def test_announced_elements_cost_no_memory_before_they_are_there() -> None:
    # Each of the 60 levels announces a million elements that never come.
    body = (b"\xdd" + (1_000_000).to_bytes(4, "big")) * 60
    tracemalloc.start()
    with pytest.raises(SerializationError):
        load(body + bytes(1_000_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_large_value_cannot_be_used_twice_or_be_missing() -> None:
    blob = b"\xd6\x07\x00\x00\x00\x00"
    large = [(True, bytes(40_000))]
    assert _codec.load(TYPED + b"\x91" + blob, large) == [bytearray(40_000)]
    with pytest.raises(SerializationError, match="used twice"):
        _codec.load(TYPED + b"\x92" + blob + blob, large)


@pytest.mark.parametrize("payload", [b"", b"\x00", b"\x03\xc0", b"\xff"])
def test_an_unknown_encoding_is_refused(payload: bytes) -> None:
    with pytest.raises(SerializationError):
        _codec.load(payload, [])
    with pytest.raises(SerializationError):
        _codec.load_call(payload, [])


@pytest.mark.parametrize(
    "body",
    [
        b"\xc0\x80",
        b"\x90",
        b"\x90\x90",
        b"\x90\x81\x01\x01",
        b"\x90\x81\xc4\x01a\x01",
        b"\x90\x80\x80",
    ],
)
def test_arguments_of_another_shape_are_refused(body: bytes) -> None:
    with pytest.raises(SerializationError):
        _codec.load_call(TYPED + body, [])


def test_pickled_arguments_of_another_shape_are_refused() -> None:
    import pickle

    for value in (1, (1, 2), ((1,), 2), ([1], {})):
        with pytest.raises(SerializationError):
            _codec.load_call(b"\x02" + pickle.dumps(value), [])
