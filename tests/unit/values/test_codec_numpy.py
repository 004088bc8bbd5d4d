"""NumPy arrays and scalars arrive as they left: dtype, shape, order, values, and writable."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from daffi._daffi import _codec

TYPED = 1
LARGE = 64 << 10


def back(value: Any) -> Any:
    return _codec.load(*_codec.dump(value))


def is_typed(value: Any) -> bool:
    return _codec.dump(value)[0][0] == TYPED


def assert_same(got: Any, sent: np.ndarray) -> None:
    assert type(got) is np.ndarray
    assert got.dtype == sent.dtype
    assert got.shape == sent.shape
    assert got.tobytes("C") == sent.tobytes("C")
    assert got.flags.writeable
    assert got.flags.aligned


dtypes = st.one_of(hnp.scalar_dtypes(), hnp.unicode_string_dtypes(), hnp.byte_string_dtypes())


@settings(deadline=None)
@given(hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, min_side=0)))
def test_every_array_comes_back_the_same(array: np.ndarray) -> None:
    assert is_typed(array)
    assert_same(back(array), array)


@settings(deadline=None)
@given(hnp.arrays(hnp.array_dtypes(), hnp.array_shapes(min_side=0)))
def test_every_structured_array_comes_back_the_same(array: np.ndarray) -> None:
    assert_same(back(array), array)


@settings(deadline=None)
@given(hnp.arrays(hnp.scalar_dtypes(), ()))
def test_every_scalar_comes_back_the_same(array: np.ndarray) -> None:
    scalar = array[()]
    assert is_typed(scalar)
    got = back(scalar)
    assert type(got) is type(scalar)
    assert got.dtype == scalar.dtype
    assert got.tobytes() == scalar.tobytes()


@pytest.mark.parametrize("text", [np.str_("abc"), np.bytes_(b"abc"), np.str_("")])
def test_text_scalars_travel(text: Any) -> None:
    assert type(back(text)) is type(text)
    assert back(text) == text


@pytest.mark.parametrize("text", [np.str_("abc\0"), np.bytes_(b"abc\0")])
def test_a_scalar_that_ends_in_zero_keeps_it(text: Any) -> None:
    assert back(text) == text
    assert len(back(text)) == len(text)


@pytest.mark.parametrize("size", [12, LARGE])
def test_order_is_kept(size: int) -> None:
    array = np.arange(size, dtype=">i4").reshape(4, size // 4)
    for sent in (array, np.asfortranarray(array), array.T):
        got = back(sent)
        assert_same(got, sent)
        assert got.flags.c_contiguous == sent.flags.c_contiguous
        assert got.flags.f_contiguous == sent.flags.f_contiguous


@pytest.mark.parametrize("size", [12, LARGE])
def test_an_array_that_is_not_in_one_piece_arrives_in_one(size: int) -> None:
    array = np.arange(size * 2).reshape(4, size // 2)
    for sent in (
        array[:, ::2],
        array[::-1],
        array[1:3, 1:-1],
        np.broadcast_to(array[0], (3, size // 2)),
    ):
        got = back(sent)
        assert_same(got, sent)
        assert got.flags.c_contiguous


@pytest.mark.parametrize(
    "dtype",
    [
        "f8",
        ">f8",
        "M8[ns]",
        "m8[us]",
        "S5",
        "U5",
        "V6",
        "?",
        "c16",
        "g",
        [("a", "i4"), ("b", "S3", (2,))],
    ],
)
def test_large_arrays_travel_beside_the_frame(dtype: Any) -> None:
    array = np.zeros(LARGE, dtype)
    payload, blobs = _codec.dump(array)
    assert len(payload) < 100
    assert [writable for writable, _ in blobs] == [True]
    assert_same(_codec.load(payload, blobs), array)


def test_a_changed_array_does_not_reach_back() -> None:
    sent = np.zeros(LARGE)
    got = back(sent)
    got[0] = 1
    assert sent[0] == 0


def test_nested_structures_keep_their_names() -> None:
    dtype = np.dtype(
        [("point", [("x", ">f4"), ("y", ">f4")]), ("tags", "U3", (2, 2)), ("when", "M8[s]")]
    )
    array = np.zeros((2, 3), dtype)
    array["point"]["x"] = 5
    assert is_typed(array)
    assert_same(back(array), array)
    assert_same(back(np.asfortranarray(array)), array)
    assert back(array[0, 0]) == array[0, 0]
    assert type(back(array[0, 0])) is np.void


@pytest.mark.parametrize(
    "array",
    [
        np.array([None, "x", 3], dtype=object),
        np.zeros(3, [("a", "O")]),
        np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        np.zeros(3, {"names": ["a", "b"], "formats": ["i4", "i2"], "offsets": [0, 2]}),
        np.zeros(3, "V0"),
        np.arange(3).view(np.recarray),
        np.ma.masked_array([1, 2], [True, False]),
    ],
)
def test_what_is_not_plain_goes_by_pickle(array: Any) -> None:
    assert not is_typed(array)
    got = back(array)
    assert type(got) is type(array)
    if isinstance(array, np.ndarray):
        assert got.dtype == array.dtype
        assert got.tolist() == array.tolist()


def test_a_large_pickled_array_travels_beside_the_frame() -> None:
    array = np.zeros(LARGE, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    payload, blobs = _codec.dump(array)
    assert payload[0] != TYPED
    assert [len(data) for _, data in blobs] == [array.nbytes]
    got = _codec.load(payload, blobs)
    assert_same(got, array)


@pytest.mark.parametrize(
    ("dtype", "shape", "data"),
    [
        ("|O", [1], bytes(8)),
        ("<i8", [2], bytes(8)),
        ("<i8", [2**62, 4], bytes(8)),
        ("<i8", [-1], bytes(8)),
        ("<i8", [2**64], b""),
        ("<i8", [0, 2**62], b""),
        ("|S0", [10**12], b""),
        ("i4,i4", [1], bytes(8)),
        ("<i8", "x", bytes(8)),
        ("<i8", [1], "text"),
        ("<i99", [1], bytes(99)),
        ([["a", "|O"]], [1], bytes(8)),
        ([["a", [["b", "|O"]]]], [1], bytes(8)),
        ([["a", "<i4", [2**31]]], [1], bytes(8)),
        ([["a"]], [1], bytes(8)),
        ([[3, "<i4"]], [1], bytes(4)),
        ([], [1], b""),
        (5, [1], bytes(8)),
        ("<i8", [1] * 70, bytes(8)),
    ],
)
def test_a_hostile_array_is_refused(dtype: Any, shape: Any, data: Any) -> None:
    from daffi._exceptions import SerializationError

    # The fields are those of an honest array, one after the other.
    fields = b"".join(_codec.dump(field)[0][1:] for field in (dtype, shape, "C", data))
    body = b"\x94" + fields
    payload = b"\x01\xc9" + len(body).to_bytes(4, "big") + b"\x0e" + body
    with pytest.raises(SerializationError, match="cannot read what was sent"):
        _codec.load(payload, [])
