"""Ten thousand calls of every size and temper from eight threads: every answer is the right one."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


@pytest.mark.timeout(180)
def test_ten_thousand_mixed_calls_are_all_answered(serve, join):
    serve()
    caller = join(PROGRAMS / "ten_thousand_mixed_calls_are_all_answered.py")
    assert caller.wait_end(150) == 0
    assert caller.lines[-1] == "all right"


def test_callbacks_that_wait_run_side_by_side_in_every_burst(serve, join, place):
    # In the second burst most waited until one of the first few had ended, beside threads that slept.
    serve(PROGRAMS / "worker.py", name="worker")
    caller = join("""
        from place import meet
        from daffi import BG
        g = meet()
        g.wait_function("meet_all", timeout=20)
        for burst in range(4):
            calls = [g.call.meet_all() & BG for _ in range(12)]
            assert sorted(call.get() for call in calls) == list(range(12))
        g.stop()
    """)
    assert caller.wait_end(60) == 0, caller.output
