"""A process that is stopped where it is, as by a debugger, hangs up nothing: every call to it ends all the same."""

import signal

from script import programs

PROGRAMS = programs(__file__)


WORKER = PROGRAMS / "worker.py"
# Each is under way, or made, while the worker is frozen.
CALLER = PROGRAMS / "caller.py"
STYLES = ("fg", "bg", "eta", "await", "broadcast", "stream", "generator", "transfer")
LATER = ("a new call", "a large argument", "tasks")


CONTROLLER = """
from place import meet, stay
stay(meet(init_node=False))
"""


def test_every_call_to_a_frozen_process_ends(serve, join, place):
    if place.transport == "tcp":
        # Its controller is frozen with it.
        worker = serve(WORKER, "worker", name="worker")
    else:
        serve(CONTROLLER)
        worker = join(WORKER, "worker", name="worker")
        worker.wait_for("^ready")
    caller = join(CALLER, name="caller")
    caller.wait_for("^begun$")
    worker.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    # 12 to 20 s where all is quiet.
    caller.wait_for("^all ended$", patience=60)
    worker.signal(signal.SIGCONT)
    assert caller.wait_end() == 0
    for style in STYLES + LATER:
        (line,) = [line for line in caller.lines if line.startswith(f"{style}:")]
        assert "no sign of life" in line, line
        # It was not sent in whole.
        may_have_run = style != "a large argument"
        assert ("RemoteStoppedUnexpectedly" in line) == may_have_run, line
        assert ("may have run" in line) == may_have_run, line
        assert ("UnableToFindCandidate" in line) != may_have_run, line


def test_a_process_whose_interpreter_is_busy_is_not_taken_for_frozen(serve, call):
    serve(WORKER, "provider")
    call("""
    g.wait_function("slowly", timeout=10)
    assert (g.call.slowly(20) & FG) == "done"
    g.stop()
    """)


def test_the_task_of_a_frozen_process_is_not_said_to_be_over(serve, join):
    serve(CONTROLLER)
    worker = join(WORKER, "worker", name="worker")
    worker.wait_for("^ready")
    caller = join(
        PROGRAMS / "the_task_of_a_frozen_process_is_not_said_to_be_over_caller.py",
        name="caller",
    )
    caller.wait_for("^begun$")
    worker.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    caller.wait_for("^outcomes:", patience=60)
    worker.signal(signal.SIGCONT)
    caller.signal(signal.SIGUSR1)
    assert caller.wait_end() == 0, caller.output
    assert "outcomes: RemoteStoppedUnexpectedly RemoteStoppedUnexpectedly" in caller.output
    assert "again: False []" in caller.output, caller.output
