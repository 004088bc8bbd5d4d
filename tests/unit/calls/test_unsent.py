"""A call without a modifier, dropped or taken for its value: nothing has run, and somebody says so."""

import asyncio
import copy
import gc
import inspect
import operator
import pickle
import subprocess
import sys
import warnings

import pytest

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    STREAM,
    GlobalContextError,
    InitializationError,
    fetcher,
)
from daffi._api.calls_by_name import Calls
from daffi._daffi import Runtime


@fetcher
def add(a, b): ...


@pytest.fixture(params=["fetcher", "g.call"])
def call(request):
    """Makes a call, by a fetcher and by name."""
    return add if request.param == "fetcher" else Calls(Runtime).add


def line():
    """The line of the caller."""
    return inspect.currentframe().f_back.f_lineno


def caught(function):
    """What a function warns of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        function()
        gc.collect()
    return told


def test_a_call_that_is_dropped_warns_with_the_place_where_it_was_made(call):
    def forget():
        at.append(line() + 1)
        call(1, 2)

    def keep():
        at.append(line() + 1)
        kept = call(1, 2)
        return len(str(kept))

    def hand_out():
        at.append(line() + 1)
        return call(1, 2)

    def drop_elsewhere():
        hand_out()

    for forgetful in (forget, keep, drop_elsewhere):
        at = []
        (told,) = caught(forgetful)
        assert told.category is RuntimeWarning
        assert (told.filename, [told.lineno]) == (__file__, at)
        assert "add(...) & FG" in str(told.message)


@pytest.fixture(params=["fetcher", "g.call"])
def name(request):
    """What is called, and how it is written."""
    return (add, "add") if request.param == "fetcher" else (Calls(Runtime).add, "g.call.add")


@pytest.mark.parametrize("modifier", [FG, BG(timeout=1), NO_RETURN, BROADCAST, STREAM])
def test_a_name_with_a_modifier_that_is_never_called_warns(name, modifier):
    # `g.call.notify & NO_RETURN` did nothing and said nothing.
    named, written = name
    kind = modifier if isinstance(modifier, type) else type(modifier)
    at = []

    def forget():
        at.append(line() + 1)
        named & modifier

    [told] = caught(forget)
    assert (told.category, told.filename, [told.lineno]) == (RuntimeWarning, __file__, at)
    assert str(told.message).endswith(f"hint: {written}(...) & {kind.__name__}")
    assert "parentheses are missing" in str(told.message)


def test_a_name_with_a_modifier_that_is_used_says_nothing(call):
    def use():
        with pytest.raises(GlobalContextError):
            (add & BG)(1, 2)
        with pytest.raises(GlobalContextError):
            (add & BG & FG)(1, 2)
        for wrong in (lambda: (add & FG) | FG, lambda: FG & (add & FG)):
            with pytest.raises(InitializationError):
                wrong()

    assert not caught(use)


def test_a_place_that_drops_calls_is_told_of_once():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("default")
        for _ in range(3):
            add(1, 2)
    assert len(told) == 1


def test_a_call_that_is_awaited_without_a_modifier_says_so_when_it_is_dropped(call):
    async def forget():
        value = await call(1, 2)
        with pytest.raises(InitializationError, match=r"await \((g\.call\.)?add\(\.\.\.\) & FG\)"):
            value + 1
        await call(1, 2)

    (told,) = caught(lambda: asyncio.run(forget()))
    assert "was awaited" in str(told.message)


USES = {
    "bool": bool,
    "not": operator.not_,
    "==": lambda call: call == 3,
    "!=": lambda call: call != 3,
    "<": lambda call: call < 3,
    "reflected >": lambda call: 3 > call,  # noqa: SIM300 - the other side is asked
    "for": list,
    "async for": aiter,
    "in": lambda call: 3 in call,
    "len": len,
    "index": lambda call: call[0],
    "key": lambda call: call["key"],
    "+": lambda call: call + 1,
    "reflected +": lambda call: 1 + call,
    "sum": lambda call: sum([call]),
    "negative": operator.neg,
    "divmod": lambda call: divmod(call, 2),
    "round": round,
    "int": int,
    "float": float,
    "range": range,
    "format": lambda call: f"{call:.2f}",
    "attribute": lambda call: call.get(),
    "call": lambda call: call(1),
    "with": lambda call: call.__enter__(),
    "pickle": pickle.dumps,
    "copy": copy.copy,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_call_that_is_taken_for_its_value_shows_the_right_spelling(call, use):
    made = call(1, 2)

    def misuse():
        nonlocal made
        with pytest.raises(InitializationError, match=r"hint: (g\.call\.)?add\(\.\.\.\) & FG"):
            use(made)
        made = None

    # Said once: dropped, it adds nothing, unless who asks for an attribute goes on without it.
    assert len(caught(misuse)) == (use is USES["attribute"])


def test_looking_at_a_call_is_no_use_of_it(call):
    made = call(1, 2)
    assert not hasattr(made, "anything")
    assert not hasattr(made, "__array__")
    assert {made: 1}[made] == 1
    assert "not run yet" in repr(made)
    assert made.name == "add"
    made.settle()


def test_a_call_that_an_error_keeps_from_its_modifier_says_nothing(call):
    def fail():
        with pytest.raises(ZeroDivisionError):
            call(1, 2) & (1 // 0)
        with pytest.raises(InitializationError):
            call(1, 2) & 5

    assert not caught(fail)


def test_a_call_that_is_there_when_the_process_ends_says_nothing():
    code = "from daffi import fetcher\n@fetcher\ndef add(a, b): ...\nkept = add(1, 2)\n"
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert not ended.stderr


def test_a_warning_that_is_an_error_has_the_place_too(monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: told.append(raised.exc_value))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        add(1, 2)
    (error,) = told
    assert isinstance(error, RuntimeWarning)
    assert f"{__file__}:{line() - 3}: add(...) has not run" in str(error)
