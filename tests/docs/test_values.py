"""Every value in the table of docs/values.md arrives as the table says."""

import importlib
import re
import types

import numpy as np
import pytest
from page import ROOT

from daffi import SerializationError
from daffi._daffi import _codec

MODULES = """
    array collections datetime decimal fractions json pathlib re socket sys threading types uuid zoneinfo
"""
NAMES = {"np": np, **{name: importlib.import_module(name) for name in MODULES.split()}}
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "values.md").read_text().splitlines()
    if line.startswith("| `")
]
VALUES = [
    (expression, arrives, twice)
    for value, arrives, twice in (row for row in ROWS if len(row) == 3)
    if not value.startswith("`bytes`")
    for expression in re.findall("`([^`]+)`", value)
]


def back(value):
    return _codec.load(*_codec.dump(value))


def same(came, value):
    if isinstance(value, np.ndarray):
        return came.dtype == value.dtype and np.array_equal(came, value)
    if isinstance(value, BaseException):
        return repr(came) == repr(value) and came.__cause__ is came.__traceback__ is None
    if isinstance(value, memoryview):
        return (came.format, came.tolist()) == (value.format, value.tolist())
    return came == value


def test_the_table_has_its_rows():
    assert len(VALUES) > 40
    assert {arrives.partition(",")[0] for _, arrives, _ in VALUES} == {
        "the same",
        "a copy of the function",
        "refused",
    }


@pytest.mark.parametrize(
    "beside", [[], [types.SimpleNamespace()]], ids=["alone", "beside an object"]
)
@pytest.mark.parametrize(("expression", "arrives", "twice"), VALUES, ids=lambda part: part)
def test_a_value_arrives_as_its_row_says(expression, arrives, twice, beside):
    value = eval(expression, dict(NAMES))
    if arrives == "refused":
        with pytest.raises(SerializationError):
            _codec.dump([value, *beside])
        getattr(value, "close", lambda: None)()
        return
    came = back([value, *beside])[0]
    assert type(came) is type(value)
    if arrives.startswith("a copy"):
        assert came is not value
        assert came() == value()
    else:
        assert same(came, value)
    first, second = back([value, value, *beside])[:2]
    if twice == "one object":
        assert first is second
    else:
        assert twice == "equal"
        assert same(first, second)


def test_views_of_one_array_arrive_as_two():
    whole = np.arange(40_000)
    for beside in ([], [types.SimpleNamespace()]):
        first, second = back([whole, whole[1:], *beside])[:2]
        first[1] = 7
        assert second[0] == 1
