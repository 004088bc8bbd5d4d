"""Whatever a remote function raises arrives: its type, its message, its attributes, its traceback."""

import asyncio
import builtins
import copy
import decimal
import json
import pickle
import subprocess
import sys
import threading
import traceback
import types
import urllib.error
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import daffi._exceptions as exceptions
from daffi._daffi import _codec
from daffi._exceptions import (
    CallCancelled,
    DaffiError,
    GlobalContextError,
    InitializationError,
    RemoteCallError,
    RemoteStoppedUnexpectedly,
    SerializationError,
    TimeoutError,  # noqa: A004 - that it stands for the builtin one is the point
    UnableToFindCandidate,
)
from daffi._input.source_location import PACKAGE
from daffi._wire import remote_errors
from daffi._wire.remote_errors import describe, rebuild


class CustomError(Exception):
    def __init__(self, code: int, *, detail: str) -> None:
        super().__init__(f"code {code}")
        self.code = code
        self.detail = detail


class SlottedError(Exception):
    __slots__ = ("extra",)


@dataclass(frozen=True)
class FrozenError(Exception):
    reason: str


@dataclass
class UnhashableError(Exception):
    reason: str


class LockedError(ValueError):
    def __init__(self) -> None:
        super().__init__("locked", threading.Lock())
        self.lock = threading.Lock()
        self.kept = [1, 2]


class VoicelessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


class SelfMadeError(Exception):
    def __new__(cls, needed: int) -> Any:
        made = super().__new__(cls, needed)
        made.needed = needed
        return made


class TooLittleError(MemoryError):
    def __init__(self, shape: tuple[int, ...], size: int) -> None:
        self.shape = shape
        self.size = size

    def __str__(self) -> str:
        return f"no memory for {self.shape} of {self.size}"


class PickyError(Exception):
    def __init_subclass__(cls) -> None:
        raise TypeError("no subclasses")


class Sealed(type):
    def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> Any:
        if any(isinstance(base, Sealed) for base in bases):
            raise TypeError("it cannot be subclassed")
        return super().__new__(cls, name, bases, body)


class SealedError(ValueError, metaclass=Sealed):
    """As `ValidationError` of pydantic, which is made of Rust."""


class Pedantic(type):
    def __call__(cls, *args: Any) -> Any:
        raise TypeError("not like this")


class OddError(KeyError, metaclass=Pedantic):
    pass


class HalfBuiltError(OSError):
    def __init__(self, path: str) -> None:
        super().__init__(2, "gone", path)
        self.path = path


def raised(make: Any) -> BaseException:
    try:
        raise make() if callable(make) else make
    except BaseException as error:
        return error


def travelled(error: BaseException, process: str | None = "worker") -> RemoteCallError:
    """`error` as the caller gets it, through the bytes that travel."""
    payload, blobs = _codec.dump(describe(error))
    assert payload[0] == 1, "a record travels typed"
    return rebuild(_codec.load(payload, blobs), process)


def test_the_tree_is_as_promised() -> None:
    for kind in (
        InitializationError,
        GlobalContextError,
        RemoteCallError,
        TimeoutError,
        UnableToFindCandidate,
        RemoteStoppedUnexpectedly,
        CallCancelled,
        SerializationError,
    ):
        assert issubclass(kind, DaffiError)
        assert kind.__name__ in exceptions.__doc__
    assert issubclass(TimeoutError, builtins.TimeoutError)
    assert issubclass(RemoteStoppedUnexpectedly, ConnectionError)
    assert str(TimeoutError("late")) == "late"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("nope"),
        ValueError(),
        ValueError(""),
        ValueError(1, "two", [3]),
        KeyError("name"),
        OSError(2, "no such file", "/tmp/x"),
        FileNotFoundError(2, "no such file", "/a", None, "/b"),
        ImportError("no", name="thing", path="/x"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        SyntaxError("bad", ("file.py", 3, 4, "x = = 1")),
        json.JSONDecodeError("bad", "doc", 1),
        subprocess.CalledProcessError(3, ["ls"], "out", "err"),
        decimal.InvalidOperation([decimal.ConversionSyntax]),
        CustomError(7, detail="long"),
        SlottedError("x"),
        FrozenError("because"),
        HalfBuiltError("/p"),
        OddError.__new__(OddError, "k"),
        urllib.error.HTTPError("http://x", 404, "gone", None, None),
        TimeoutError("late"),
        GlobalContextError("not now"),
        UnableToFindCandidate("away"),
        RemoteCallError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_type_message_and_arguments_arrive(error: Exception) -> None:
    got = travelled(raised(error))
    assert isinstance(got, RemoteCallError)
    assert isinstance(got, type(error))
    assert str(got) == str(error)
    assert got.args == error.args
    assert got.remote_process == "worker"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (types.new_class("Far", (Exception,))(), "types.Far"),
        (types.new_class("Sub", (RemoteCallError,))("x"), "types.Sub: x"),
        (StopIteration(), "StopIteration"),
        (SystemExit(3), "SystemExit: 3"),
    ],
    ids=lambda value: str(value) or type(value).__name__,
)
def test_where_its_class_is_not_to_be_had_the_text_names_it(
    error: BaseException, text: str
) -> None:
    # It was the message alone, which may be empty.
    got = travelled(raised(error))
    assert type(got) is RemoteCallError
    assert (str(got), repr(got)) == (text, f"RemoteCallError({text!r})")
    assert got.args == error.args
    assert str(travelled(raised(got))) == text
    assert str(pickle.loads(pickle.dumps(got))) == text


def test_attributes_arrive() -> None:
    got: Any = travelled(raised(lambda: CustomError(7, detail="long")))
    assert (got.code, got.detail) == (7, "long")
    slotted = SlottedError("x")
    slotted.extra = {"a": 1}
    assert travelled(slotted).extra == {"a": 1}
    assert travelled(OSError(2, "no", "/tmp/x")).filename == "/tmp/x"
    assert travelled(OSError(2, "no", "/tmp/x")).errno == 2
    assert travelled(ImportError("no", name="thing")).name == "thing"
    assert travelled(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad")).reason == "bad"
    assert travelled(SyntaxError("bad", ("file.py", 3, 4, "x"))).lineno == 3
    assert travelled(subprocess.CalledProcessError(3, ["ls"])).returncode == 3
    assert travelled(FrozenError("because")).reason == "because"
    assert travelled(HalfBuiltError("/p")).path == "/p"


def test_it_is_caught_as_what_it_was_and_as_a_remote_error() -> None:
    for kind in (ValueError, RemoteCallError, DaffiError):
        with pytest.raises(kind):
            raise travelled(ValueError("x"))


def test_the_cause_shows_process_type_message_and_source_line() -> None:
    def fails() -> None:
        raise ValueError("on purpose")  # the line that is to be seen

    got = travelled(_raised_by(fails))
    text = "".join(traceback.format_exception(got))
    assert "in process 'worker':" in text
    assert 'raise ValueError("on purpose")  # the line that is to be seen' in text
    assert "ValueError: on purpose" in text
    assert "in fails" in text
    assert "direct cause" in text
    assert "RemoteCallError[ValueError]: on purpose" in text


def _raised_by(function: Any) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


def test_what_led_to_an_error_is_shown_too() -> None:
    def fails() -> None:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error

    text = travelled(_raised_by(fails)).remote_traceback
    assert "KeyError: 'first'" in text
    assert "ValueError: second" in text


def test_the_frames_of_daffi_itself_are_left_out() -> None:
    def fails() -> None:
        raise ValueError("x")

    scope: dict[str, Any] = {}
    code = compile("def run(f):\n    f()\n", PACKAGE + "_loop.py", "exec")
    exec(code, scope)
    # The frame of this test stands outside too, so begin where daffi would.
    error = _raised_by(lambda: scope["run"](fails))
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next.tb_next  # type: ignore[union-attr]
    text = travelled(error).remote_traceback
    assert "_loop.py" not in text
    assert "in fails" in text


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(3),
        KeyboardInterrupt(),
        GeneratorExit(),
        asyncio.CancelledError(),
        StopIteration(1),
        StopAsyncIteration(),
        BaseExceptionGroup("g", [KeyboardInterrupt()]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_would_end_the_caller_is_a_plain_remote_error(error: BaseException) -> None:
    got = travelled(raised(error))
    assert isinstance(got, RemoteCallError)
    assert not isinstance(got, type(error))
    assert got.remote_type.split(".")[-1] == type(error).__name__


def test_what_cannot_be_pickled_is_left_out_and_the_rest_arrives() -> None:
    got: Any = travelled(raised(LockedError))
    assert isinstance(got, LockedError)
    assert got.kept == [1, 2]
    assert not hasattr(got, "lock")
    assert got.args[0] == "locked"
    assert "lock" in got.args[1]


def test_a_class_that_cannot_be_both_falls_back_to_its_base_or_to_none() -> None:
    got = travelled(raised(SealedError("x")))
    assert isinstance(got, ValueError)
    assert not isinstance(got, SealedError)
    assert got.remote_type == f"{__name__}.SealedError"
    assert str(got) == "x"


def test_a_class_that_minds_its_subclasses_is_caught_all_the_same() -> None:
    got = travelled(PickyError("x"))
    assert isinstance(got, PickyError)
    assert str(got) == "x"


@pytest.mark.parametrize("made", [MemoryError("out"), MemoryError(), TooLittleError((10**13,), 8)])
def test_a_memory_error_is_one(made: MemoryError) -> None:
    # MemoryError makes none but its own; a class of NumPy is made of it.
    got = travelled(raised(made))
    assert isinstance(got, type(made))
    assert got.args == made.args
    assert str(got) == str(made)


def test_every_exception_of_python_arrives_as_what_it_is() -> None:
    arguments = {
        UnicodeDecodeError: ("utf-8", b"a", 0, 1, "bad"),
        UnicodeEncodeError: ("utf-8", "a", 0, 1, "bad"),
        UnicodeTranslateError: ("a", 0, 1, "bad"),
        ExceptionGroup: ("several", [ValueError(1)]),
    }
    for kind in vars(builtins).values():
        steers_loops = kind in (StopIteration, StopAsyncIteration)
        if isinstance(kind, type) and issubclass(kind, Exception) and not steers_loops:
            assert isinstance(travelled(raised(kind(*arguments.get(kind, ("x",))))), kind)


def test_a_class_that_is_not_here_arrives_as_its_nearest_base(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("elsewhere")
    exec("class Far(LookupError): pass", module.__dict__)
    module.Far.__module__ = "elsewhere"
    monkeypatch.setitem(sys.modules, "elsewhere", module)
    record = describe(module.Far("x"))
    monkeypatch.delitem(sys.modules, "elsewhere")
    got = rebuild(record, "worker")
    assert isinstance(got, LookupError)
    assert got.remote_type == "elsewhere.Far"

    class LocalError(LookupError):
        pass

    assert isinstance(travelled(LocalError("x")), LookupError)


def test_a_custom_constructor_is_not_run_again() -> None:
    got: Any = travelled(raised(lambda: SelfMadeError(5)))
    assert isinstance(got, SelfMadeError)
    assert got.needed == 5


def test_a_broken_str_does_not_hide_the_error() -> None:
    got = travelled(raised(VoicelessError))
    assert isinstance(got, VoicelessError)
    assert "its text cannot be made: RuntimeError" in str(got)
    assert "RemoteCallError[VoicelessError]" in repr(got)
    assert "in process 'worker'" in "".join(traceback.format_exception(got))


class OpaqueError(Exception):
    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_an_error_that_hides_everything_arrives() -> None:
    got = travelled(raised(OpaqueError))
    assert isinstance(got, RemoteCallError)
    assert "OpaqueError" in got.remote_type


class MisplacedError(ValueError):
    __module__ = 5  # type: ignore[assignment]


def test_an_error_of_an_odd_module_arrives() -> None:
    assert isinstance(travelled(MisplacedError("x")), ValueError)


def test_an_error_without_a_hash_arrives() -> None:
    assert travelled(raised(lambda: UnhashableError("x"))).reason == "x"


def test_arguments_that_do_not_compare_arrive() -> None:
    got = travelled(raised(lambda: ValueError(np.arange(3))))
    assert isinstance(got, ValueError)
    assert got.args[0].tolist() == [0, 1, 2]


def test_the_object_that_had_no_such_attribute_stays_where_it_is() -> None:
    got: Any = travelled(_raised_by(lambda: bytes(1 << 20).nothing))  # type: ignore[attr-defined]
    assert isinstance(got, AttributeError)
    assert got.name == "nothing"
    assert got.obj is None
    assert len(describe(got)[3]) < 1000


def test_a_newer_record_is_read_as_far_as_it_is_known() -> None:
    got = rebuild((*describe(ValueError("x")), "more"), "worker")
    assert isinstance(got, ValueError)


def test_cycles_arrive() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    first.other = second  # type: ignore[attr-defined]
    second.other = first  # type: ignore[attr-defined]
    got = travelled(first)
    assert isinstance(got, ValueError)
    assert isinstance(got.other, KeyError)


def test_a_long_message_is_kept_and_the_traceback_cut() -> None:
    message = "x" * (1 << 20)
    got = travelled(raised(ValueError(message)))
    assert str(got) == message
    assert len(got.remote_traceback) < remote_errors.TRACEBACK + 200
    assert "characters left out" in got.remote_traceback
    assert "raise make() if callable(make) else make" in got.remote_traceback


def test_a_deep_recursion_arrives() -> None:
    def dig(depth: int) -> None:
        dig(depth + 1)

    def ping(depth: int) -> None:
        pong(depth)

    def pong(depth: int) -> None:
        ping(depth + 1)

    for fails in (lambda: dig(0), lambda: ping(0)):
        got = travelled(_raised_by(fails))
        assert isinstance(got, RecursionError)
        assert len(got.remote_traceback) < remote_errors.TRACEBACK + 200


def test_text_that_is_not_unicode_arrives_readable() -> None:
    got = travelled(ValueError("file \udcff"))
    assert str(got) == "file \\udcff"
    assert got.args == ("file \udcff",)


def test_notes_arrive() -> None:
    error = ValueError("x")
    error.add_note("look here")
    error.__notes__.append(5)  # type: ignore[arg-type]
    got = travelled(error)
    assert got.__notes__ == ["look here"]
    error.__notes__ = 7  # type: ignore[assignment]
    assert not hasattr(travelled(error), "__notes__")


def test_a_group_arrives_as_a_group_of_remote_errors() -> None:
    inner = ExceptionGroup("inner", [KeyError("k"), LockedError()])
    got: Any = travelled(raised(lambda: ExceptionGroup("outer", [ValueError("v"), inner])))
    assert isinstance(got, ExceptionGroup)
    assert got.message == "outer"
    assert isinstance(got.exceptions[0], ValueError)
    assert isinstance(got.exceptions[0], RemoteCallError)
    assert isinstance(got.exceptions[1].exceptions[1], LockedError)
    matching, rest = got.split(KeyError)
    assert isinstance(matching.exceptions[0].exceptions[0], KeyError)
    assert isinstance(rest.exceptions[0], ValueError)


def test_a_group_nested_without_end_arrives() -> None:
    error: Exception = ValueError("core")
    for _ in range(200):
        error = ExceptionGroup("g", [error])
    assert isinstance(travelled(error), RemoteCallError)


def test_an_error_that_crosses_two_processes_keeps_its_type_and_both_tracebacks() -> None:
    def middle() -> None:
        raise travelled(_raised_by(lambda: CustomError.boom()), "far")  # type: ignore[attr-defined]

    got = travelled(_raised_by(middle), "near")
    assert isinstance(got, AttributeError)
    assert got.remote_type == "AttributeError"
    assert "in process 'far'" in got.remote_traceback
    assert "in middle" in got.remote_traceback
    assert got.remote_process == "near"
    # Where the one in the middle has no such class, the caller may still have it.
    lineage, *rest = describe(CustomError(7, detail="x"))
    strange = rebuild(([("nowhere", "Strange"), *lineage[1:]], *rest), "far")
    assert type(strange) is RemoteCallError
    assert describe(strange)[0] == [("nowhere", "Strange")]


def test_it_can_be_pickled_and_copied() -> None:
    got: Any = travelled(raised(lambda: CustomError(7, detail="long")))
    for again in (pickle.loads(pickle.dumps(got)), copy.copy(got), copy.deepcopy(got)):
        assert isinstance(again, CustomError)
        assert again.code == 7
        assert str(again) == str(got)
        assert again.remote_process == "worker"
    plain = pickle.loads(pickle.dumps(RemoteCallError("x")))
    assert (type(plain), str(plain)) == (RemoteCallError, "x")


@pytest.mark.parametrize(
    "record",
    [
        (),
        (1,),
        ([], "m", "t", b"garbage", [], []),
        ([("builtins", "ValueError")], "m", "t", b"garbage", [], []),
        ([("builtins", "ValueError")], "m", "t", pickle.dumps(5), [], []),
        (
            [("builtins", "int"), ("no such", "thing"), ("builtins", "print")],
            "m",
            "t",
            None,
            [],
            [],
        ),
        ([("", "")], "m", "t", None, [], []),
        ([("os", "_exit")], "m", "t", None, [], []),
        ([("builtins", "ExceptionGroup")], "m", "t", None, [], []),
        ([("builtins", "ExceptionGroup")], "m", "t", None, [], [()]),
        ([("builtins", "UnicodeDecodeError")], "m", "t", None, [], []),
        (5, 5, 5, 5, 5, 5),
        (None,) * 6,
    ],
)
def test_no_record_breaks_the_caller(record: Any) -> None:
    got = rebuild(record, None)
    assert isinstance(got, RemoteCallError)
    assert isinstance(str(got), str)
    assert "in another process" in "".join(traceback.format_exception(got))
    assert isinstance(rebuild(describe(got), "worker"), RemoteCallError)


class Exits:
    def __reduce__(self) -> Any:
        return sys.exit, (3,)


def test_state_that_exits_on_unpickling_is_left_out() -> None:
    error = ValueError("x")
    error.attribute = Exits()  # type: ignore[attr-defined]
    error.other = 5  # type: ignore[attr-defined]
    got: Any = travelled(error)
    assert isinstance(got, ValueError)
    assert got.args == ("x",)
    assert got.other == 5
    assert not hasattr(got, "attribute")


def test_one_class_is_made_once() -> None:
    assert type(travelled(ValueError("a"))) is type(travelled(ValueError("b")))
