"""Many functions and many calls in many: pipelines, nested calls, and five hundred callbacks at once."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


STAGES = 9
DEPTH = 100


@pytest.mark.parametrize("head", ["", "async "], ids=["sync", "async"])
def test_a_pipeline_of_nine_processes_carries_a_value_through(serve, run, place, head):
    stage = f"""
import sys
from place import meet, stay
from daffi import BG, callback

number = int(sys.argv[1])

{head}def stage(g, path):
    path = [*path, number]
    if number == {STAGES}:
        return path
    result = getattr(g.call, f"stage_{{number + 1}}")(path) & BG(timeout=20)
    return {"await result" if head else "result.get()"}

stage.__name__ = f"stage_{{number}}"
callback(stage)
g = meet(process_name=f"process_{{number}}")
"""
    serve(stage + "stay(g)", "1")
    others = [
        run(stage + "stay(g)", str(number), name=f"stage_{number}", settings=place.there)
        for number in range(2, STAGES + 1)
    ]
    for other in others:
        other.wait_for("^ready")
    caller = run(
        f"""
        from place import meet
        from daffi import FG
        g = meet(process_name="caller")
        g.wait_function("stage_1", timeout=20)
        for _ in range(20):
            assert (g.call.stage_1([]) & FG(timeout=20)) == list(range(1, {STAGES + 1}))
        g.stop()
        """,
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


@pytest.mark.parametrize("head", ["", "async "], ids=["sync", "async"])
def test_calls_nest_to_depth_one_hundred(serve, call, head):
    wait = "await result" if head else "result.get()"
    body = f"""
    if depth == 0:
        return 0
    result = g.call.{{other}}(depth - 1) & BG(timeout=30)
    return 1 + {wait}
"""
    serve(
        f"""
from place import meet, stay
from daffi import BG, callback

@callback
{head}def down(depth, g):
{body.format(other="up")}

g = meet(process_name="provider")
stay(g)
"""
    )
    call(f"""
@callback
{head}def up(depth, g):
{body.format(other="down")}

assert (g.call.down({DEPTH}) & FG(timeout=30)) == {DEPTH}
g.stop()
""")


def test_five_hundred_callbacks_take_five_hundred_concurrent_tasks_each_call_within_a_second(
    serve, call
):
    serve(
        PROGRAMS
        / "five_hundred_callbacks_take_five_hundred_concurrent_tasks_each_call_within_a_second_provider.py"
    )
    call(
        PROGRAMS
        / "five_hundred_callbacks_take_five_hundred_concurrent_tasks_each_call_within_a_second.py"
    )
