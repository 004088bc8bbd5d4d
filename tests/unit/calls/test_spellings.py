"""What is written in place of a call: the error shows the right spelling. No Global is needed to say so."""

import pytest

from daffi import BG, FG, PERIOD, STREAM, InitializationError, RetryPolicy, fetcher
from daffi._api.calls_by_name import Calls
from daffi._daffi import Runtime


@fetcher
def echo(value): ...


@pytest.fixture
def calls():
    """What `g.call` is."""
    return Calls(Runtime)


@pytest.mark.parametrize("modifier", [FG, BG(timeout=1), STREAM, PERIOD(interval=1), 5])
def test_a_forgotten_name_and_its_parentheses_show_the_right_spelling(calls, modifier):
    with pytest.raises(InitializationError, match=r"hint: g\.call\.name\(\.\.\.\) & FG"):
        calls & modifier
    with pytest.raises(InitializationError, match=r"hint: g\.call\.name\(\.\.\.\) & FG"):
        calls("echo") & modifier
    with pytest.raises(InitializationError, match=r"hint: g\.call\.name\(\.\.\.\) & FG"):
        calls() & modifier


def test_an_empty_name_shows_the_right_spelling(calls):
    with pytest.raises(InitializationError, match=r"hint: g\.call\.name\(\.\.\.\) & FG"):
        getattr(calls, "")


@pytest.mark.parametrize("operand", [5, "FG", None, print, RetryPolicy, (FG, BG), Exception()])
def test_an_operand_that_is_no_modifier_shows_the_right_spelling(calls, operand):
    for what in (echo(1), echo, calls.echo(1), calls.echo):
        with pytest.raises(
            InitializationError, match=r"hint: write `call\(\.\.\.\) & FG`"
        ) as caught:
            what & operand
        assert repr(operand) in str(caught.value)
    with pytest.raises(InitializationError, match=r"hint: write `call\(\.\.\.\) & FG`"):
        echo(1, __exec_modifier__=operand)


def test_a_period_without_its_times_shows_the_right_spelling(calls):
    for what in (echo(1), echo, calls.echo(1)):
        with pytest.raises(InitializationError, match=r"hint: PERIOD\(interval=5\)"):
            what & PERIOD


def test_a_call_that_has_no_modifier_yet_shows_the_right_spelling_when_it_is_printed(calls):
    for call in (echo(1), calls.echo(1)):
        assert str(call) == f"{call}" == '<daffi call of "echo", not run yet: add `& FG`>'
        call.settle()
