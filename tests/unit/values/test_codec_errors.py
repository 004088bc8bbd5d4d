"""A value that cannot travel is named: which argument, where in it, and why."""

import gc
import socket
import sys
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from daffi._daffi import _codec
from daffi._exceptions import GlobalContextError, SerializationError


@dataclass
class Settings:
    name: str
    lock: Any


class Slotted:
    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Refusing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __reduce__(self) -> Any:
        raise self.error


class Unreprable:
    def __repr__(self) -> str:
        raise RuntimeError

    def __reduce__(self) -> Any:
        raise TypeError


def message_of(*args: Any, names: list[str] | None = None, **kwargs: Any) -> str:
    with pytest.raises(SerializationError) as caught:
        _codec.dump_call(args, kwargs, names or [])
    return str(caught.value)


def test_the_argument_its_place_and_the_path_in_it_are_named() -> None:
    with socket.socket() as connection:
        text = message_of(1, {"conn": [connection]}, names=["a", "b"])
    assert text.splitlines()[0] == (
        "cannot send argument 'b' (position 2), at ['conn'][0]: cannot pickle 'socket' object"
    )
    assert text.splitlines()[1].startswith("hint: ")


def test_a_keyword_argument_is_named() -> None:
    assert "argument 'guard': cannot pickle '_thread.lock' object" in message_of(
        guard=threading.Lock()
    )


def test_a_positional_argument_without_a_name_has_its_place() -> None:
    assert "an argument (position 1): " in message_of(threading.Lock())


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (Settings("x", threading.Lock()), ".lock"),
        ([Slotted(threading.Lock())], "[0].inner"),
        ({"a": 1, "b": (2, threading.Lock())}, "['b'][1]"),
        ({Refusing(TypeError("no")): 1}, " key <"),
        ({Refusing(TypeError("no"))}, " element <"),
        ([[[threading.Lock()]]], "[0][0][0]"),
    ],
)
def test_the_path_leads_to_the_innermost_fault(value: Any, path: str) -> None:
    assert f", at {path}" in message_of(value)


def test_what_a_function_takes_along_is_named() -> None:
    lock = threading.Lock()

    def guarded() -> None:
        with lock:
            pass

    assert ", at  variable 'lock': cannot pickle" in message_of(guarded)


def test_a_reason_without_the_type_gets_it() -> None:
    assert "no (a value of type 'Refusing')" in message_of([Refusing(ValueError("no"))])
    assert "[0]: a value of type 'Unreprable'" in message_of([Unreprable()])


def test_a_result_that_cannot_travel_is_told_the_same_way() -> None:
    with pytest.raises(
        SerializationError, match=r"cannot send the result, at \['x'\]: cannot pickle"
    ):
        _codec.dump({"x": threading.Lock()})


def test_an_error_of_daffi_itself_goes_through() -> None:
    with pytest.raises(GlobalContextError, match="not this"):
        _codec.dump_call(([Refusing(GlobalContextError("not this"))],), {}, [])


def test_ctrl_c_while_pickling_goes_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        _codec.dump(Refusing(KeyboardInterrupt()))


def test_a_value_too_deep_for_pickle_is_an_error_not_a_crash() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "cannot send" in message_of(deep)
    while deep:  # taken apart from outside, or freeing it recurses
        deep = deep.pop()


def test_a_fault_in_a_cycle_is_found() -> None:
    cycle: list[Any] = [1]
    cycle += [cycle, threading.Lock()]
    assert "_thread.lock" in message_of(cycle)


def test_a_missing_module_is_named_at_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    import types

    module = types.ModuleType("far_away")
    exec("class Thing: pass", module.__dict__)
    monkeypatch.setitem(sys.modules, "far_away", module)
    module.Thing.__module__ = "far_away"
    payload, blobs = _codec.dump(module.Thing())
    monkeypatch.delitem(sys.modules, "far_away")
    with pytest.raises(SerializationError, match="no module named 'far_away'") as caught:
        _codec.load(payload, blobs)
    assert "hint: install 'far_away'" in str(caught.value)


class Bomb:
    def __reduce__(self) -> Any:
        return _explode, ()


def _explode() -> None:
    raise RuntimeError("boom")


def test_code_that_raises_on_unpickling_is_told() -> None:
    payload, blobs = _codec.dump(Bomb())
    with pytest.raises(SerializationError, match="RuntimeError: boom") as caught:
        _codec.load(payload, blobs)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_broken_pickle_is_told() -> None:
    for data in (b"", b"garbage", b"\x80\x05"):
        with pytest.raises(SerializationError, match="cannot read what was sent"):
            _codec.load(b"\x02" + data, [])


def test_a_dict_that_another_thread_changes_arrives_whole() -> None:
    stop = threading.Event()
    shared: dict[int, Any] = {}

    def change() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 50
            shared[number] = number
            shared.pop(number // 2, None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(2000):
            try:
                got = _codec.load(*_codec.dump(shared))
            except SerializationError:
                continue  # pickle found it changing too
            assert all(key == value for key, value in got.items())
    finally:
        stop.set()
        thread.join()


def test_nothing_leaks() -> None:
    import numpy as np

    values: list[Any] = [
        (1, 2.5, "text", [1, {"a": (1,)}], {1, 2}, 2**70),
        bytes(40_000),
        bytearray(40_000),
        np.zeros(10_000),
        np.zeros(3, [("a", "i4")]),
        Settings("x", [1]),
    ]

    def run() -> None:
        for value in values:
            payload, blobs = _codec.dump(value)
            _codec.load(payload, blobs)
            for cut in (2, len(payload) // 2):
                with pytest.raises(SerializationError):
                    _codec.load(payload[:cut], blobs)
        with pytest.raises(SerializationError):
            _codec.dump([threading.Lock()])

    for _ in range(3):
        run()
    gc.collect()
    before = (
        len(gc.get_objects()),
        [sys.getrefcount(value) for value in values],
        sys.getallocatedblocks(),
    )
    for _ in range(30):
        run()
    gc.collect()
    after = (
        len(gc.get_objects()),
        [sys.getrefcount(value) for value in values],
        sys.getallocatedblocks(),
    )
    assert after[1] == before[1]
    assert after[0] - before[0] < 50
    assert after[2] - before[2] < 500


class InterruptedOnce:
    interrupted = False

    def __reduce__(self) -> Any:
        if not InterruptedOnce.interrupted:
            InterruptedOnce.interrupted = True
            raise KeyboardInterrupt
        return InterruptedOnce, ()


@pytest.mark.parametrize("dump", [_codec.dump, lambda value: _codec.dump_call((value,), {}, [])])
def test_an_interrupted_pickling_is_no_fault_of_the_value(dump: Any) -> None:
    # Ctrl+C while a large value was pickled became a SerializationError.
    InterruptedOnce.interrupted = False
    with pytest.raises(KeyboardInterrupt):
        dump(InterruptedOnce())


class Leaving:
    def __reduce__(self) -> Any:
        return sys.exit, (2,)


def test_a_value_that_exits_when_it_is_read_ends_nobody() -> None:
    payload, blobs = _codec.dump(Leaving())
    with pytest.raises(SerializationError, match="SystemExit: 2"):
        _codec.load(payload, blobs)
