"""Calls that come when the node is up and the constructor of its Global has not quite returned."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


EARLY = PROGRAMS / "early.py"


@pytest.mark.parametrize("name", ["asks_for_it", "asks_for_it_async", "calls", "calls_async"])
def test_a_callback_that_is_called_early_finds_its_global(serve, join, name):
    caller = serve(PROGRAMS / "a_callback_that_is_called_early_finds_its_global.py", name)
    join(EARLY, name="early")
    caller.wait_for("^gave early$")
