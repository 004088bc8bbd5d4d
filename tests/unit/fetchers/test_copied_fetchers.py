"""A fetcher is copied as itself, as a function is, and pickled with all that it was made with."""

import copy
import pickle
from typing import Any

import pytest

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM, RetryPolicy, fetcher
from daffi._daffi import Plan


def add(a: int, b: int) -> int: ...


def test_a_copy_of_what_holds_a_fetcher_has_the_same() -> None:
    # Whatever held one could not be copied.
    made = fetcher(FG)(add)
    holder: dict[str, Any] = {"calls": [made]}
    assert copy.deepcopy(holder)["calls"][0] is copy.copy(made) is made


MODIFIERS = [
    FG,
    FG(timeout=2.5, node="there", retry_policy=RetryPolicy(ValueError, stop_after_attempt=3)),
    BG(eta=1, return_result=False),
    NO_RETURN(eta=0.5),
    BROADCAST(node=["a", "b"], return_result=True),
    BROADCAST,
    STREAM(timeout=7),
    PERIOD(interval=5),
    PERIOD(at_time=4e9),
]


@pytest.mark.parametrize("modifier", MODIFIERS, ids=repr)
def test_the_plan_of_a_modifier_is_pickled_whole(modifier: Any) -> None:
    plan = modifier._plan
    again = pickle.loads(pickle.dumps(plan))
    assert type(again) is Plan
    assert again.__getnewargs_ex__() == plan.__getnewargs_ex__()
    given = plan.__getnewargs_ex__()[1]
    assert any(given.values()) is not isinstance(modifier, type)
    assert copy.deepcopy(modifier) == modifier
