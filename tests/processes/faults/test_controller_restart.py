"""The controller may go and come back: nodes that have met go on, nobody has to be restarted."""

import signal

from script import programs

PROGRAMS = programs(__file__)


CONTROLLER = """
from place import meet, stay
g = meet(init_node=False)
stay(g)
"""
WORKER = """
from place import meet
from daffi import callback

@callback
def add(a, b):
    return a + b

g = meet(process_name="worker")
print("up", flush=True)
g.join()
"""


def test_a_restart_needs_no_restart_of_the_others(serve, join, place, folder):
    controller = serve(CONTROLLER, name="controller")
    worker = join(WORKER, name="worker")
    worker.wait_for("^up$")
    caller = join(PROGRAMS / "a_restart_needs_no_restart_of_the_others_other.py")
    caller.wait_for("^met$")
    controller.signal(signal.SIGKILL)
    controller.wait_end()
    (folder / "gone").touch()
    caller.wait_for("^went on$")

    serve(CONTROLLER, name="controller again")
    late = join(
        """
        from place import meet
        from daffi import callback

        @callback
        def late():
            return "late"

        g = meet(process_name="late")
        g.join()
        """,
        name="late",
    )
    assert caller.wait_end() == 0
    late.end()
    worker.end()


def test_a_worker_comes_back_under_its_own_name(serve, join, place):
    controller = serve(CONTROLLER, name="controller")
    worker = join(WORKER, name="worker")
    worker.wait_for("^up$")
    controller.signal(signal.SIGKILL)
    controller.wait_end()
    serve(CONTROLLER, name="controller again")
    caller = join(
        """
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("worker", timeout=20)
        assert g.registered_callbacks == {"worker": ["add"]}, g.registered_callbacks
        assert (g.call.add(1, 2) & FG) == 3
        g.stop()
        """
    )
    assert caller.wait_end() == 0
    worker.end()
