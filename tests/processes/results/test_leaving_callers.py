"""Callers that leave: what they waited for is cancelled, what they only wanted done is done."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"

LEAVES = PROGRAMS / "leaves.py"


@pytest.mark.parametrize("how", ["stops", "dies"])
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "relayed"])
def test_what_a_caller_only_wanted_done_is_done_though_it_leaves(
    serve, join, call, place, direct, how
):
    # All of it was cancelled, or lost in silence.
    place.settings["direct"] = direct
    serve(PROVIDER)
    leaving = join(LEAVES, how, name="leaves")
    assert leaving.wait_end() == 0, leaving.output
    call(PROGRAMS / "what_a_caller_only_wanted_done_is_done_though_it_leaves.py")
