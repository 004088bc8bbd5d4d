"""What modifiers take: durations and nodes, and what they say to anything else."""

from datetime import timedelta

import pytest

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    GlobalContextError,
    InitializationError,
)

DURATIONS = [
    (FG, "timeout"),
    (BG, "timeout"),
    (BG, "eta"),
    (NO_RETURN, "eta"),
    (BROADCAST, "timeout"),
    (BROADCAST, "eta"),
    (STREAM, "timeout"),
]
ONE_NODE = [FG, BG, NO_RETURN]


@pytest.mark.parametrize(("modifier", "field"), DURATIONS)
def test_every_duration_of_a_modifier_is_read_where_it_is_made(modifier, field):
    for duration in (None, 0, 5, 0.5, "1m24s", "90", timedelta(seconds=3)):
        assert getattr(modifier(**{field: duration}), field) == duration
    for wrong in (-1, "soon", "-5s", timedelta(seconds=-3), [5], True, float("nan")):
        with pytest.raises(GlobalContextError) as caught:
            modifier(**{field: wrong})
        assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("modifier", [*ONE_NODE, BROADCAST, STREAM])
def test_what_is_no_name_of_a_node_is_refused_where_the_modifier_is_made(modifier):
    for wrong in (5, b"name", [5], [None], {1: 2}, "", "two\nlines", "x" * 256):
        with pytest.raises(InitializationError, match="name of a process"):
            modifier(node=wrong)
    with pytest.raises(InitializationError, match="name of a process"):
        PERIOD(interval=1, node=5)


@pytest.mark.parametrize("nodes", [["first", "second"], ("first",), [], {"first"}])
def test_a_modifier_for_one_process_takes_one_name(nodes):
    for modifier in ONE_NODE:
        with pytest.raises(InitializationError, match="one process") as caught:
            modifier(node=nodes)
        assert repr(nodes) in str(caught.value)
    with pytest.raises(InitializationError, match="one process"):
        PERIOD(interval=1, node=nodes)


@pytest.mark.parametrize("modifier", [BROADCAST, STREAM])
@pytest.mark.parametrize("nodes", [[], (), set()])
def test_no_node_at_all_is_refused_where_the_modifier_is_made(modifier, nodes):
    with pytest.raises(InitializationError, match="node names no process") as caught:
        modifier(node=nodes)
    assert repr(nodes) in str(caught.value)


def test_a_modifier_tells_what_it_was_made_with_and_cannot_be_changed():
    modifier = FG(timeout=5, node="worker")
    assert repr(modifier) == "FG(timeout=5, retry_policy=None, node='worker')"
    assert modifier == FG(5, node="worker")
    assert hash(modifier) == hash(FG(5, node="worker"))
    with pytest.raises(AttributeError):
        modifier.timeout = 6


def test_a_setting_that_a_modifier_does_not_have_is_refused():
    for modifier, wrong in [(FG, "eta"), (NO_RETURN, "timeout"), (STREAM, "eta"), (FG, "tiemout")]:
        with pytest.raises(TypeError, match=wrong):
            modifier(**{wrong: 1})
