"""Which of several processes gets a call, and what becomes of it when that process goes."""

import signal
import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


MEMBER = PROGRAMS / "member.py"
CONTROLLER = (
    "from place import meet, stay; g = meet(init_node=False, process_name='controller'); stay(g)"
)
OPENING = """
import threading, time
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller")
for name in ("first", "second"):
    g.wait_process(name, timeout=10)
"""
FETCHERS = """
import asyncio

@fetcher(FG)
async def where(): ...

@fetcher(FG)
async def die(): ...

async def awaited(function):
    return await function()
"""
CALLS = {
    "FG": "(g.call.{}() & FG)",
    "FG with a time limit": "(g.call.{}() & FG(timeout=20))",
    "BG": "(g.call.{}() & BG).get()",
    "async, used": "str({}())",
    "async, awaited": "asyncio.run(awaited({}))",
}


@pytest.fixture
def two(serve, join):
    """Two processes that offer the same, beside a controller that has no node."""
    serve(CONTROLLER, name="controller")
    scripts = {name: join(MEMBER, name, name=name) for name in ("first", "second")}
    for script in scripts.values():
        script.wait_for("^ready")
    return scripts


@pytest.fixture
def caller(join):
    """Start a script that calls both."""
    return lambda source: join(OPENING + textwrap.dedent(source))


def test_a_call_goes_to_the_process_with_the_fewest_calls_of_ours_under_way(two, caller):
    script = caller("""
        held = [g.call.hold() & BG for _ in range(6)]
        for name in ("first", "second"):
            g.call.let() & FG(node=name)
        where = [result.get(timeout=10) for result in held]
        assert sorted(where) == ["first"] * 3 + ["second"] * 3, where
        g.stop()
    """)
    assert script.wait_end() == 0, script.output


def test_whoever_is_busy_with_our_call_gets_none_while_another_is_free(two, caller):
    script = caller("""
        held = g.call.hold() & BG(node="first")
        assert {g.call.where() & FG for _ in range(50)} == {"second"}
        g.call.let() & FG(node="first")
        assert held.get(timeout=10) == "first"
        assert {g.call.where() & FG for _ in range(100)} == {"first", "second"}
        g.stop()
    """)
    assert script.wait_end() == 0, script.output


def test_among_equally_busy_processes_chance_decides(two, caller):
    script = caller("""
        where = [g.call.where() & FG for _ in range(400)]
        # Further from the middle it is once in 10**15 runs.
        assert 120 < where.count("first") < 280, where.count("first")
        assert any(one == next_one for one, next_one in zip(where, where[1:])), "in turns"
        g.stop()
    """)
    assert script.wait_end() == 0, script.output


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_may_have_run_is_not_made_again_elsewhere(two, caller, call):
    script = caller(
        FETCHERS
        + f"""
with within(10), raises(RemoteStoppedUnexpectedly):
    {call.format("die")}
# Made again, it would have ended the other, too.
assert len({{g.call.where() & FG for _ in range(20)}}) == 1
g.stop()
"""
    )
    assert script.wait_end() == 0, script.output
    assert sorted("dying" in member.lines for member in two.values()) == [False, True]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_that_was_not_sent_when_its_process_died_goes_to_another(two, caller, call):
    # It cannot be linked to, so the first call that chooses it waits.
    two["second"].signal(signal.SIGSTOP)
    script = caller(
        FETCHERS
        + f"""
is_stuck = threading.Event()

def tell():
    # First: the thread may still be there when the call that it tells of has gone on.
    is_stuck.set()
    print("stuck", flush=True)

while not is_stuck.is_set():
    stuck = threading.Timer(0.5, tell)
    stuck.start()
    assert {call.format("where")} == "first"
    stuck.cancel()
print("answered", flush=True)
g.stop()
"""
    )
    script.wait_for("^stuck$")
    two["second"].signal(signal.SIGKILL)
    script.wait_for("^answered$", patience=10)
    assert script.wait_end() == 0, script.output


def test_a_point_in_time_that_passes_while_a_frozen_process_is_tried_is_run_by_another(two, caller):
    # It was taken for a mistake of the caller, who was told to make a new PERIOD for each call.
    two["second"].signal(signal.SIGSTOP)
    script = caller("""
        # So that the other one is chosen first.
        held = g.call.hold() & BG(node="first")
        soon = time.time() + 2
        passed = threading.Timer(2, lambda: print("passed", flush=True))
        passed.start()
        task = g.call.let() & PERIOD(at_time=[soon, soon + 3600])
        assert task.node == "first"
        assert held.get(timeout=20) == "first"
        (left,) = g.get_scheduled_tasks("first")
        assert left["number_of_active_tasks"] == 1
        g.stop()
    """)
    script.wait_for("^passed$")
    two["second"].signal(signal.SIGKILL)
    assert script.wait_end() == 0, script.output


def test_the_last_one_that_leaves_is_no_candidate_any_more(two, caller):
    script = caller("""
        for name in ("first", "second"):
            g.call.leave() & FG(node=name)
        with within(10):
            while set(g.registered_callbacks) & {"first", "second"}:
                time.sleep(0.01)  # no event tells that a process has left
        with within(1), raises(GlobalContextError, UnableToFindCandidate):
            g.call.where() & FG
        g.stop()
    """)
    assert script.wait_end() == 0, script.output
