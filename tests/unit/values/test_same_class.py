"""When a class of one text is that of another: values must mean the same in both."""

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from daffi._wire import same_class

Load = Callable[[str], type]


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """The class `Value` of a text, which becomes the module of a package that travels."""

    def loaded(text: str) -> type:
        module = ModuleType("edited")
        monkeypatch.setitem(sys.modules, "edited", module)
        exec(
            "import ctypes, enum, functools\nfrom collections import namedtuple\nfrom dataclasses import dataclass\n"
            "from typing import NamedTuple\n" + text,
            vars(module),
        )
        return module.Value

    return loaded


def is_found(load: Load, sent: str, here: str) -> bool:
    place = same_class.place_of(load(sent), "edited")
    assert place is not None
    own = load(here)
    return same_class.found_or_made(place, lambda: None, ()) is own


EDITS = {
    "namedtuple": ('Value = namedtuple("Value", "lat lon")', "lat lon", "lon lat"),
    "class of a namedtuple": (
        'class Value(namedtuple("Value", "lat lon")): pass',
        "lat lon",
        "lon lat",
    ),
    "NamedTuple": (
        "class Value(NamedTuple):\n lat: int\n lon: int",
        "lat: int\n lon",
        "lon: int\n lat",
    ),
    "frozen slots": (
        "@dataclass(frozen=True, slots=True)\nclass Value:\n lat: int\n lon: int",
        "lat: int\n lon",
        "lon: int\n lat",
    ),
    "inherited fields": (
        "@dataclass\nclass Base:\n lat: int\n lon: int\n@dataclass\nclass Value(Base): pass",
        "lat: int\n lon",
        "lon: int\n lat",
    ),
    "slots": ('class Value: __slots__ = ("a", "b")', '"a", "b"', '"b", "a"'),
    "ctypes": (
        'class Value(ctypes.Structure): _fields_ = [("a", ctypes.c_int), ("b", ctypes.c_int)]',
        '[("a", ctypes.c_int), ("b"',
        '[("b", ctypes.c_int), ("a"',
    ),
    "enum": ("class Value(enum.Enum): A = 1; B = 2", "A = 1; B = 2", "A = 2; B = 1"),
    "tuples in an enum": ("class Value(enum.Enum): A = (1, 'a')", "(1, 'a')", "(1, 'b')"),
    "flag": ("class Value(enum.Flag): A = 1; B = 2", "A = 1; B = 2", "A = 2; B = 1"),
    "alias": ("class Value(enum.Enum): A = 1; B = 2; C = 1", "C = 1", "C = 2"),
    "property": ("class Value:\n @property\n def a(self): return 1", "def a", "def b"),
    "cached property": (
        "class Value:\n @functools.cached_property\n def a(self): return 1",
        "def a",
        "def b",
    ),
    "attribute": ("class Value: retries = 3", "retries", "attempts"),
    "base": (
        "class Base:\n def a(self): pass\nclass Value(Base): pass",
        "def a",
        "def b",
    ),
}


@pytest.mark.parametrize(("text", "old", "new"), EDITS.values(), ids=EDITS)
def test_a_class_that_was_edited_is_another_one(load: Load, text: str, old: str, new: str) -> None:
    # Fields in another order, or other values of an enum, were the same class, and values were swapped.
    assert old in text
    assert is_found(load, text, text)
    assert not is_found(load, text, text.replace(old, new))
    assert not is_found(load, text.replace(old, new), text)


def test_what_methods_do_and_what_is_set_later_is_no_edit(load: Load) -> None:
    text = "class Value:\n lat: int = 1\n def a(self): return 1\n"
    assert is_found(load, text, text.replace("return 1", "return 2"))
    assert is_found(load, text, text + "Value._instance = Value()\n")
    assert is_found(load, text, text + "Value.a = lambda self: 2\n")


def test_values_of_an_enum_with_addresses_are_compared_by_their_types(load: Load) -> None:
    text = "class Value(enum.Enum): A = object(); B = frozenset('abc')"
    assert is_found(load, text, text)


@pytest.mark.parametrize("file", [None, "<stdin>"])
def test_a_program_without_a_file_is_the_same_as_no_other(
    monkeypatch: pytest.MonkeyPatch, file: str | None
) -> None:
    # Any two programs out of pipes were taken for one script.
    main = ModuleType("__main__")
    exec("class Value: pass", vars(main))
    monkeypatch.setattr(main, "__file__", file, raising=False)
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert same_class.of_script(main) is None
    assert same_class.place_of(main.Value) is None


def test_a_class_has_no_number_while_the_module_that_gives_them_is_half_imported(monkeypatch):
    # An error that was described just then said nothing but that it could not be described.
    monkeypatch.setitem(sys.modules, "cloudpickle.cloudpickle", ModuleType("half imported"))
    assert same_class.number_of(ValueError) is None
