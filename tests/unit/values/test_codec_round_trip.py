"""What is passed is what arrives: every type that travels typed comes back the same, and of the same type."""

import array
import datetime as dt
import decimal
import enum
import fractions
import math
import pathlib
import re
import string
import sys
import uuid
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daffi._daffi import _codec

TYPED, SHARED = 1, 5
PICKLE = 2
BLOB_THRESHOLD = 32 << 10


def back(value: Any) -> Any:
    return _codec.load(*_codec.dump(value))


def is_typed(value: Any) -> bool:
    return _codec.dump(value)[0][0] in (TYPED, SHARED)


def same(left: Any, right: Any) -> bool:  # noqa: PLR0911 - one for each kind of type
    """Equal, of the same types all the way down, in the same order, NaN equal to itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return same(list(left.items()), list(right.items()))
    if isinstance(left, (set, frozenset)):
        return len(left) == len(right) and all(any(same(x, y) for y in right) for x in left)
    if isinstance(left, float):
        return math.copysign(1, left) == math.copysign(1, right) and (
            left == right or (math.isnan(left) and math.isnan(right))
        )
    if isinstance(left, complex):
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, decimal.Decimal):
        return str(left) == str(right)
    if isinstance(left, (dt.datetime, dt.time)):
        return (
            left.replace(tzinfo=None) == right.replace(tzinfo=None)
            and left.fold == right.fold
            and repr(left.tzinfo) == repr(right.tzinfo)
        )
    return bool(left == right)


offsets = st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23))
zones = st.one_of(
    st.none(),
    st.just(dt.UTC),
    st.builds(dt.timezone, offsets),
    st.builds(dt.timezone, offsets, st.text(max_size=300)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]).map(zoneinfo.ZoneInfo),
)
hashables = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec="utf-8")),
    st.binary(),
    st.complex_numbers(),
    st.dates(),
    st.datetimes(timezones=zones),
    st.times(timezones=zones),
    st.timedeltas(),
    st.decimals().filter(lambda number: not number.is_snan()),  # has no hash
    st.uuids(),
)
keys = st.recursive(
    hashables,
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4),
    max_leaves=4,
)
values = st.recursive(
    hashables | st.binary().map(bytearray) | st.just(decimal.Decimal("sNaN7")),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(keys, inner, max_size=5),
        st.sets(keys, max_size=5),
        st.frozensets(keys, max_size=5),
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(values)
def test_every_typed_value_comes_back_the_same(value: Any) -> None:
    assert is_typed(value)
    assert same(back(value), value)


@settings(deadline=None)
@given(
    st.lists(values, max_size=4), st.dictionaries(st.text(string.ascii_letters), values, max_size=4)
)
def test_arguments_come_back_the_same(args: list[Any], kwargs: dict[str, Any]) -> None:
    payload, blobs = _codec.dump_call(tuple(args), kwargs, [])
    got_args, got_kwargs = _codec.load_call(payload, blobs)
    assert same(got_args, tuple(args))
    assert same(got_kwargs or {}, kwargs)


@pytest.mark.parametrize(
    "number",
    [
        *(0, 1, -1, -32, -33, 127, 128, -128, -129, 255, 256, 2**15, 2**16, -(2**15) - 1),
        *(2**31, 2**32, -(2**31) - 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1),
        *(2**64 - 1, 2**64, -(2**64), 10**400, -(10**400)),
    ],
)
def test_integers_of_any_size_arrive(number: int) -> None:
    assert same(back(number), number)
    assert is_typed(number)


@pytest.mark.parametrize("length", [0, 31, 32, 255, 256, 65535, 65536, 100_000])
def test_lengths_around_every_header_arrive(length: int) -> None:
    for value in ("x" * length, b"x" * length, [None] * length, (1,) * length, bytearray(length)):
        assert same(back(value), value)
    assert same(back(dict.fromkeys(range(length))), dict.fromkeys(range(length)))
    assert back(set(range(length))) == set(range(length))


def test_a_short_tuple_of_long_things_arrives() -> None:
    value = ("x" * 200, ("y" * 200, ("z" * 70_000,)), [("q" * 300,)])
    assert same(back(value), value)
    assert is_typed(value)


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_large_bytes_travel_beside_the_frame(kind: type) -> None:
    small, large = kind(BLOB_THRESHOLD - 1), kind(BLOB_THRESHOLD)
    assert _codec.dump(small)[1] == []
    payload, blobs = _codec.dump([large, large[:]])
    assert len(payload) < 50
    count = 2 if kind is bytearray else 1  # a copy of bytes is the same object
    assert [writable for writable, _ in blobs] == [kind is bytearray] * count
    assert same(_codec.load(payload, blobs), [large, large])


def test_more_large_values_than_blobs_arrive() -> None:
    value = [bytes(BLOB_THRESHOLD) for _ in range(4100)]
    payload, blobs = _codec.dump(value)
    assert len(blobs) == 4095
    assert _codec.load(payload, blobs) == value


def test_large_bytes_are_let_go_once_they_were_sent() -> None:
    value = bytes(BLOB_THRESHOLD)
    count = sys.getrefcount(value)
    _codec.dump(value)
    assert sys.getrefcount(value) == count


def test_a_bytearray_can_be_resized_after_it_was_sent() -> None:
    value = bytearray(BLOB_THRESHOLD)
    _codec.dump([value, object])
    _codec.dump(value)
    value.append(1)
    assert len(value) == BLOB_THRESHOLD + 1


def test_what_arrives_can_be_changed_where_it_could_before() -> None:
    for size in (10, BLOB_THRESHOLD):
        got = back(bytearray(size))
        got[0] = 7
        got.extend(b"more")
        assert got[0] == 7


class Number(int):
    pass


class Text(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: int
    right: int


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Moment(dt.datetime):
    pass


@dataclass
class Point:
    x: int
    inner: list[Any] = field(default_factory=list)


@pytest.mark.parametrize(
    "value",
    [
        Number(3),
        Text("a"),
        OrderedDict(a=1),
        [1, {"deep": (Number(3),)}],
        "surrogate \ud800",
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC).astimezone(),
        range(3),
        slice(1, 2),
        dt.UTC,
        Ellipsis,
        Pair(1, 2),
        Level.LOW,
        Access.READ | Access.WRITE,
        Moment(2020, 1, 1),
        Point(1, [2]),
        defaultdict(list, a=[1]),
        deque([1, 2], maxlen=3),
        Counter("aab"),
        pathlib.PurePosixPath("/a/b"),
        fractions.Fraction(1, 3),
        re.compile("a+"),
        array.array("i", [1, 2]),
        int,
        len,
    ],
)
def test_what_is_not_typed_goes_by_pickle_and_comes_back(value: Any) -> None:
    got = back(value)
    assert type(got) is type(value)
    assert got == value


def test_depth_beyond_the_limit_and_cycles_go_by_pickle() -> None:
    deep: list[Any] = []
    for _ in range(63):
        deep = [deep]
    assert is_typed(deep)
    deeper = [deep]
    assert not is_typed(deeper)
    assert back(deeper) == deeper
    cycle: list[Any] = [1]
    cycle.append(cycle)
    got = back(cycle)
    assert got[1] is got


@pytest.mark.parametrize(
    "leaf",
    [
        1j,
        bytearray(b"x"),
        dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
        decimal.Decimal(1),
        uuid.UUID(int=1),
        np.zeros((2, 3)),
        np.zeros(2, [("a", "i4")]),
        np.float32(1),
        (),
        set(),
        frozenset(),
        {},
        2**70,
    ],
    ids=lambda leaf: type(leaf).__name__,
)
def test_anything_arrives_from_any_depth(leaf: Any) -> None:
    value = leaf
    for _ in range(70):
        value = (value,)
        got = back(value)
        while isinstance(got, tuple) and got:
            (got,) = got
        assert type(got) is type(leaf)


def test_data_that_shares_its_parts_arrives_whatever_it_would_be_written_out() -> None:
    value: list[Any] = [1]
    for _ in range(60):
        value = [value, value]
    got = back(value)
    assert got[0] is got[1]


def test_an_ambiguous_hour_keeps_its_fold() -> None:
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    late = dt.datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=berlin)
    assert back(late).utcoffset() == late.utcoffset() == dt.timedelta(hours=1)
    assert back(late).tzinfo is berlin


def test_a_function_that_cannot_be_imported_travels_by_value() -> None:
    offset = 5
    assert back(lambda x: x + offset)(1) == 6


def test_large_buffers_of_pickled_values_travel_beside_the_frame() -> None:
    array = bytearray(b"x" * BLOB_THRESHOLD)
    payload, blobs = _codec.dump(Holder(array))
    assert len(payload) < 500
    assert [writable for writable, _ in blobs] == [True]
    assert _codec.load(payload, blobs).memory == array


class Holder:
    def __init__(self, memory: bytearray) -> None:
        self.memory = memory

    def __reduce__(self) -> Any:
        import pickle

        return Holder, (pickle.PickleBuffer(self.memory),)


def test_a_uuid_of_any_version_travels_typed() -> None:
    for value in (uuid.uuid1(), uuid.uuid4(), uuid.UUID(int=0)):
        assert is_typed(value)
        assert same(back(value), value)
