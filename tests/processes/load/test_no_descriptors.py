"""A process that has no descriptors left: what waits for calls in an event loop needs none."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

AWAITS = ["result", "call", "with a limit", "async fetcher", "broadcast"]


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize("awaits", AWAITS)
def test_the_first_await_needs_no_descriptor(serve, join, awaits, loop):
    # It imported what it needed, and had a descriptor made that wakes the loop.
    serve()
    caller = join(PROGRAMS / "the_first_await_needs_no_descriptor.py", awaits, loop)
    assert caller.wait_end() == 0, caller.output
