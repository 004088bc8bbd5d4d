"""A function that travels with what it uses of its package: what is of that package goes whole, and only there."""

import importlib
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import pytest

from daffi import SerializationError
from daffi._api.transfer import _pack, unpack  # pyright: ignore[reportPrivateUsage] - what is tested

SOURCE = """
import threading
from typing import Generic, TypeVar
Kind = TypeVar("Kind")
lock = threading.Lock()

class Box(Generic[Kind]):
    def __init__(self, value):
        self.value = value

def work(value, looks=None):
    return Box[int](value).value

def locked():
    return lock
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "only_for_this.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("only_for_this")
    sys.modules.pop("only_for_this", None)


def test_what_other_threads_pickle_meanwhile_is_not_concerned(package: Any) -> None:
    # The package was registered with cloudpickle for the whole process while one of its functions was pickled.
    seen: list[bytes] = []

    class Looks:
        def __reduce__(self) -> tuple[type[int], tuple[()]]:
            seen.append(cloudpickle.dumps(package.work))
            return int, ()

    package.work.__defaults__ = (Looks(),)
    _pack(package.work)
    package.work.__defaults__ = (None,)
    assert len(seen) == 1
    assert pickle.loads(seen[0]) is package.work


def test_what_is_of_the_package_needs_no_package_there(package: Any) -> None:
    packed = _pack(package.work)
    del sys.modules["only_for_this"]
    sys.path_importer_cache.clear()
    function, is_async = unpack(packed)
    assert not is_async
    assert function(5) == 5
    kind = function.__globals__["Box"].__parameters__[0]
    assert isinstance(kind, TypeVar)
    assert kind.__name__ == "Kind"


def test_the_fault_in_what_travels_whole_is_named(package: Any) -> None:
    with pytest.raises(SerializationError, match=r"cannot send argument 'func'.*lock"):
        _pack(package.locked)
