"""Values that pickle or cloudpickle would change, or could not make again, arrive as what they were or are refused."""

import array
import pickle
import struct
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daffi._daffi import _codec
from daffi._exceptions import SerializationError


def back(value: Any) -> Any:
    return _codec.load(*_codec.dump(value))


VIEWS = [
    memoryview(b"bytes"),
    memoryview(bytearray(b"bytes")),
    memoryview(bytearray(b"bytes")).toreadonly(),
    memoryview(array.array("i", [7, 8, 9])),
    memoryview(array.array("d", [])),
    memoryview(np.arange(12, dtype="int64").reshape(3, 4)),
    memoryview(np.arange(12, dtype="int64").reshape(3, 4)).toreadonly(),
    memoryview(np.arange(12.0).reshape(3, 4).T),
    memoryview(bytearray(range(10)))[::3],
    memoryview(b"1234").cast("i", ()),
    memoryview(bytearray(100_000)).cast("d"),
    memoryview(bytes(100_000)),
]


@pytest.mark.parametrize("beside", [[], [object()]], ids=["alone", "beside an object"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.format}{view.shape}")
def test_a_memoryview_keeps_format_shape_and_whether_it_can_be_changed(
    view: memoryview, beside: list[Any]
) -> None:
    # It arrived as bytes, one element for each byte.
    came = back([view, *beside])[0]
    assert type(came) is memoryview
    assert (came.format, came.shape, came.readonly) == (view.format, view.shape, view.readonly)
    assert came.tobytes() == view.tobytes()


def test_a_memoryview_that_cannot_be_made_again_is_refused() -> None:
    pair = memoryview(np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]))
    with pytest.raises(SerializationError, match="a memoryview of format"):
        _codec.dump([pair])
    assert back(struct.pack("i", 1)) == struct.pack("i", 1)


@pytest.mark.parametrize("mode", ["r", "w", "rb"])
def test_an_open_file_is_refused(tmp_path: Path, mode: str) -> None:
    # One opened for reading arrived as a StringIO with its content.
    path = tmp_path / "file"
    path.write_text("content")
    with (
        path.open(mode) as file,
        pytest.raises(SerializationError, match=r"at \['log'\]: cannot pickle"),
    ):
        _codec.dump({"log": file})


class Key:
    """Something that can be referred to weakly."""


def test_what_has_its_keys_weakly_is_refused_and_does_not_arrive_without_them() -> None:
    # It arrived empty, as nothing kept the keys.
    keys = [Key(), Key()]
    numbered = weakref.WeakKeyDictionary({key: number for number, key in enumerate(keys)})
    with pytest.raises(SerializationError, match="nothing would keep"):
        _codec.dump([numbered])
    by_class = back([weakref.WeakKeyDictionary({int: 1})])[0]
    assert dict(by_class) == {int: 1}


class FailedError(Exception):
    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class WrappedError(LookupError):
    def __init__(self, code: int) -> None:
        super().__init__(f"code {code}")
        self.code = code


class SlottedError(ValueError):
    __slots__ = ("code",)

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(text)


@dataclass(frozen=True)
class Frozen(Exception):  # noqa: N818
    code: int


class OddError(OSError):
    def __init__(self, *, path: str) -> None:
        super().__init__(2, "gone", path)


class OddTextError(UnicodeDecodeError):
    def __init__(self, *, text: str) -> None:
        super().__init__("utf-8", text.encode(), 0, 1, "bad")


class Reducing(Exception):  # noqa: N818
    def __init__(self, *, code: int) -> None:
        super().__init__()
        self.code = code

    def __reduce__(self) -> Any:
        return _reducing, (self.code,)


def _reducing(code: int) -> Reducing:
    return Reducing(code=code)


class ValueOfTheSystem(ValueError, OSError):  # noqa: N818
    """Has the layout of the second."""


class OwnGroup(ExceptionGroup[Exception]):
    """As the documentation of Python shows it."""

    def __new__(cls, errors: list[Exception], code: int) -> Any:
        self = super().__new__(cls, f"exit code: {code}", errors)
        self.code = code  # pyright: ignore[reportAttributeAccessIssue]
        return self

    def derive(self, excs: Any) -> Any:
        return OwnGroup(excs, self.code)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


ERRORS = [
    FailedError(code=5),
    WrappedError(5),
    SlottedError(5, "text"),
    Frozen(5),
    OddError(path="/tmp/x"),
    OddTextError(text="x"),
    Reducing(code=5),
    KeyError("key"),
    FileNotFoundError(2, "gone", "/tmp/x"),
    ValueOfTheSystem(2, "gone"),
    ImportError("no", name="module", path="/x"),
    StopIteration(7),
    ExceptionGroup("several", [FailedError(code=5), ValueError(1)]),
    OwnGroup([FailedError(code=5), ValueError(1)], 5),
]


@pytest.mark.parametrize("beside", [[], [object()]], ids=["alone", "beside an object"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_is_a_value_like_others(error: BaseException, beside: list[Any]) -> None:
    # pickle makes it anew from `args`, which its constructor may not take, or may take for something else.
    came = back([error, *beside])[0]
    assert type(came) is type(error)
    assert str(came) == str(error)
    assert repr(came.args) == repr(error.args)
    for name in (
        "code",
        "errno",
        "filename",
        "name",
        "path",
        "value",
        "object",
        "reason",
        "message",
    ):
        assert getattr(came, name, None) == getattr(error, name, None), name


def test_an_exception_in_a_cycle_arrives_with_its_notes() -> None:
    error: Any = FailedError(code=5)
    error.itself = [error]
    error.add_note("a note")
    came = back([error])[0]
    assert came.itself[0] is came
    assert came.__notes__ == ["a note"]


def test_a_class_that_cannot_be_made_again_says_what_it_lacks() -> None:
    # The hint was to make it importable, which it is.
    with pytest.raises(SerializationError, match="__reduce__ or __setstate__"):
        back(Picky(code=5))
    assert pickle.loads(pickle.dumps(Picky)) is Picky


class Picky:
    def __init__(self, *, code: int) -> None:
        self.code = code

    def __reduce__(self) -> Any:
        return Picky, (self.code,)


class OwnItems(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError("no items")


def test_a_container_whose_own_methods_raise_is_told_of_like_others() -> None:
    # The search for the part that does not travel ran into the same, and its error came out in place of ours.
    with pytest.raises(SerializationError, match="at \\['deep'\\]: no items"):
        _codec.dump({"deep": OwnItems(a=1)})
