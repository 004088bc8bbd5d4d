"""What is in a message several times is written once, and is one object again where it arrives."""

from typing import Any

import numpy as np
import pytest

from daffi._daffi import _codec
from daffi._exceptions import SerializationError

TYPED, PICKLED, SHARED = 1, 2, 5


class Thing:
    pass


def back(value: Any) -> Any:
    return _codec.load(*_codec.dump(value))


MAKERS = [
    list,
    dict,
    set,
    lambda: [1, "two", [3]],
    lambda: {"key": [1]},
    lambda: ([],),
    lambda: bytearray(b"x"),
    lambda: bytearray(40_000),
    lambda: bytes(2_000),
    lambda: bytes(bytearray(40_000)),
    lambda: "x" * 2_000,
    lambda: np.zeros(3),
    lambda: np.zeros(40_000),
    lambda: np.zeros(2, [("a", "i4")]),
    lambda: frozenset({(1, "x")}),
]


@pytest.mark.parametrize("beside", [[], [Thing()]], ids=["alone", "beside an object"])
@pytest.mark.parametrize("make", MAKERS)
def test_what_is_there_twice_is_one_object_again(make: Any, beside: list[Any]) -> None:
    # Alone it came as two; beside an object, as pickle does it, as one.
    part, other = make(), make()
    value = [part, {"again": (part,)}, other, part, *beside]
    payload, blobs = _codec.dump(value)
    assert payload[0] == (PICKLED if beside else SHARED)
    first, inside, second, last = _codec.load(payload, blobs)[:4]
    assert first is last
    assert first is inside["again"][0]
    assert second is not first or type(first) in (str, bytes)
    assert type(first) is type(part)
    assert np.all(first == part)


def test_what_is_there_once_is_written_as_ever() -> None:
    # The caller's own references are no reason to write anything else.
    held = [[1], {"a": 2}, (3, [4]), bytearray(b"x"), np.zeros(3), "x" * 2_000, bytes(2_000)]
    for value in (held, [*held], {"all": held}, *held, [(), (), frozenset(), frozenset()]):
        assert _codec.dump(value)[0][0] == TYPED
    constants = [("a", 1), ("a", 1), "text", "text", 1000, 1000, 1.5, None, (), ()]
    assert back(constants) == constants


def test_arguments_share_their_parts() -> None:
    part: list[Any] = []
    payload, blobs = _codec.dump_call((part, [part]), {"c": {1: part}}, [])
    assert payload[0] == SHARED
    (first, inside), named = _codec.load_call(payload, blobs)
    assert first is inside[0]
    assert first is named["c"][1]


def test_a_large_value_is_sent_once() -> None:
    # 30 times 50 MB were 1.5 GB.
    for part in (bytes(bytearray(40_000)), bytearray(40_000), np.zeros(40_000, "uint8")):
        payload, blobs = _codec.dump([part] * 30)
        assert sum(len(blob) for _, blob in blobs) == 40_000
        assert len(payload) < 500
        came = _codec.load(payload, blobs)
        assert len(came) == 30
        assert all(each is came[0] for each in came)


@pytest.mark.parametrize("count", [2, 3, 5, 50, 1_000])
def test_many_shared_parts_are_told_apart(count: int) -> None:
    parts = [[number] for number in range(count)]
    value = [parts, list(reversed(parts)), [{"part": part} for part in parts]]
    first, second, third = back(value)
    assert first == parts
    assert all(one is other for one, other in zip(first, reversed(second), strict=True))
    assert all(one is other["part"] for one, other in zip(first, third, strict=True))


def test_a_value_that_is_part_of_itself_goes_by_pickle() -> None:
    cycle: list[Any] = []
    cycle.append({"back": cycle})
    payload, blobs = _codec.dump([cycle, cycle])
    assert payload[0] == PICKLED
    first, second = _codec.load(payload, blobs)
    assert first is second is first[0]["back"]


def test_parts_may_be_keys() -> None:
    key = ("a", (1, 2))
    value = [key, {key: 1}, {key}, frozenset({key})]
    assert back(value) == value


def test_shared_parts_are_no_deeper_than_others() -> None:
    part: Any = []
    for _ in range(40):
        part = [part]
    deep: Any = part
    for _ in range(30):
        deep = [deep]
    payload, blobs = _codec.dump([part, deep])
    assert payload[0] == PICKLED
    assert _codec.load(payload, blobs) == [part, deep]


def test_what_has_no_end_when_written_out_goes_by_pickle() -> None:
    value: list[Any] = [1]
    for _ in range(40):
        value = [value, value]
    payload, blobs = _codec.dump(value)
    assert payload[0] == PICKLED
    first, second = _codec.load(payload, blobs)
    assert first is second


@pytest.mark.parametrize(
    "body",
    [
        "05",
        "0500000000"[:8],
        "05c0ffffffff",  # a list of parts longer than the payload
        "0592d61000000000c00000000001000000",  # before there is one
        "059290d610010000000000000001000000",  # of a number that is not in the list
        "059190d6100000000000000000" + "0100000001000000",  # bytes behind the value
        "05929090" + "0100000000000000" + "02000000",  # not ascending
        "0191d61000000000",  # in a message without
        "0591" * 2 + "d61000000000" + "0000000001000000",
    ],
)
def test_a_broken_message_with_shared_parts_is_refused(body: str) -> None:
    with pytest.raises(SerializationError):
        _codec.load(bytes.fromhex(body), [])


def test_parts_that_come_again_and_again_end() -> None:
    # 60 lists of two times the one before: to walk through it has no end.
    body = bytearray(b"\x05\xdc\x00\x3d\x91\x01")
    for number in range(60):
        again = b"\xd6\x10" + number.to_bytes(4, "little")
        body += b"\x92" + again + again
    numbers = range(60)
    body += b"".join(number.to_bytes(4, "little") for number in numbers)
    body += len(numbers).to_bytes(4, "little")
    with pytest.raises(SerializationError, match="too much comes again"):
        _codec.load(bytes(body), [])


def test_parts_that_come_again_are_no_way_to_unlimited_depth() -> None:
    # Each a tuple of the one before: the hash of a deep tuple overflows the stack.
    count = 100
    body = bytearray(b"\x05\xdc" + (count + 1).to_bytes(2, "big") + b"\xc7\x01\x01\x90")
    for number in range(count):
        body += b"\xc7\x07\x01\x91\xd6\x10" + number.to_bytes(4, "little")
    body += b"".join(number.to_bytes(4, "little") for number in range(count))
    body += count.to_bytes(4, "little")
    with pytest.raises(SerializationError, match="too deep"):
        _codec.load(bytes(body), [])


def test_cut_and_flipped_messages_are_read_or_refused() -> None:
    part = [1, {"a": (2, bytearray(b"x"))}]
    payload, _ = _codec.dump([part, part, [part[1]], np.zeros(2), "x" * 1_100])
    assert payload[0] == SHARED
    for place in range(len(payload)):
        for bad in (
            payload[:place],
            payload[:place] + bytes([payload[place] ^ 0x11]) + payload[place + 1 :],
        ):
            if bad[:1] != bytes([PICKLED]):
                try:
                    _codec.load(bad, [])
                except SerializationError:
                    continue
