"""Why a value cannot travel is found in a few passes over it, and told in a few lines."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from daffi._daffi import _codec
from daffi._exceptions import SerializationError
from daffi._wire import unsendable


class Node:
    """One of a chain; counts how often any of them is pickled."""

    pickled = 0

    def __init__(self, following: Any) -> None:
        self.following = following

    def __getstate__(self) -> Any:
        Node.pickled += 1
        return self.__dict__


def chain(length: int, end: Any = None) -> Any:
    for _ in range(length):
        end = Node(end)
    return end


def nest(depth: int, end: Any = None) -> Any:
    value = [end]
    for _ in range(depth - 1):
        value = [value]
    return value


def message_of(*args: Any, names: list[str] | None = None) -> str:
    with pytest.raises(SerializationError) as caught:
        _codec.dump_call(args, {}, names or [])
    return str(caught.value)


@pytest.mark.parametrize("make", [chain, nest])
def test_what_pickle_takes_arrives(make: Callable[[int], Any]) -> None:
    value = _codec.load(*_codec.dump(make(200)))
    depth = 0
    while isinstance(value, (Node, list)) and value != [None]:
        value = value[0] if isinstance(value, list) else value.following
        depth += 1
    assert depth >= 199


@pytest.mark.parametrize("make", [chain, nest])
@pytest.mark.parametrize("depth", [1_000, 5_000])
def test_a_value_that_is_too_deep_says_so_in_two_lines(
    make: Callable[[int], Any], depth: int
) -> None:
    # Every part of it was tried by itself, for minutes, and the path had a step for each level.
    Node.pickled = 0
    text = message_of(1, make(depth), names=["a", "b"])
    assert text.splitlines() == [
        "cannot send argument 'b' (position 2): nested too deep to be pickled",
        "hint: send it flat: a list of its parts, with indexes in place of nesting",
    ]
    assert Node.pickled < 4 * depth
    with pytest.raises(SerializationError, match="cannot send the result: nested too deep"):
        _codec.dump(make(depth))


def test_the_search_for_a_fault_is_linear_in_the_value() -> None:
    Node.pickled = 0
    text = message_of(chain(200, threading.Lock()))
    # Once by the call, once by the search; then the fault alone.
    assert Node.pickled <= 2 * 200
    assert text.splitlines()[0] == (
        "cannot send an argument (position 1), at .following.following.following.following"
        " ... 192 more ... .following.following.following.following:"
        " cannot pickle '_thread.lock' object"
    )


def test_a_fault_among_many_parts_is_found() -> None:
    wide = [{"part": [number]} for number in range(2_000)]
    wide[1_700]["part"] = [threading.Lock()]  # type: ignore[list-item]
    assert "at [1700]['part'][0]: cannot pickle" in message_of(wide)


def test_a_search_that_takes_too_long_tells_the_reason_without_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wide: list[Any] = [[number] for number in range(1_000)]
    wide.append(threading.Lock())
    hours = iter(range(0, 3_600_000, 3_600))
    monkeypatch.setattr(unsendable.time, "thread_time", lambda: next(hours))
    text = message_of(wide)
    assert text.startswith("cannot send the arguments: cannot pickle '_thread.lock' object")


def test_a_long_reason_is_cut() -> None:
    class Verbose:
        def __reduce__(self) -> Any:
            raise TypeError("no " * 10_000)

    assert len(message_of([Verbose()])) < 700


def test_a_fault_that_no_attribute_leads_to_is_told_with_what_has_it() -> None:
    class Hiding:
        def __getstate__(self) -> Any:
            return {"fine": [1], "hidden": threading.Lock()}

    assert "at [0]['x']: cannot pickle '_thread.lock' object" in message_of([{"x": Hiding()}])
