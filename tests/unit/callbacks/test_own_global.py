"""The parameter `g` of a callback that is called while its Global is still in the constructor."""

import threading
from types import SimpleNamespace

import pytest

from daffi import InitializationError
from daffi._process import current_global


def test_a_callback_that_comes_early_waits_for_its_global(monkeypatch):
    monkeypatch.setattr(current_global.state, "current", None)
    almost_there = SimpleNamespace(is_running=True)
    given = []
    early = threading.Thread(target=lambda: given.append(current_global.get_for_callback()))
    # As the constructor does: its attempt is over when the Global is known.
    attempt = SimpleNamespace(over=threading.Event())
    monkeypatch.setattr(current_global.state, "attempt", attempt)
    early.start()
    current_global.state.current = almost_there
    attempt.over.set()
    early.join(10)
    assert given == [almost_there]


def test_without_a_global_there_is_none_to_give(monkeypatch):
    monkeypatch.setattr(current_global.state, "current", None)
    with pytest.raises(InitializationError, match="no Global"):
        current_global.get_for_callback()
