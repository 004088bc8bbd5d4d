"""A controller that is stopped where it is, as by a debugger: what cannot be sent without it says so."""

import signal

from script import programs

PROGRAMS = programs(__file__)


CALLER = PROGRAMS / "caller.py"


def test_calls_that_a_frozen_controller_keeps_from_being_sent_name_it(serve, join):
    # They blamed the callee, and a stream said that it may have run.
    controller = serve(
        "from place import meet, stay; stay(meet(init_node=False))", name="controller"
    )
    worker = join(
        """
        from place import meet
        from daffi import callback

        @callback
        def add(a, b):
            return a + b

        g = meet(process_name="worker")
        print("ready", g.port, flush=True)
        g.join()
        """,
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(CALLER, name="caller")
    caller.wait_for("^there$")
    controller.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    # Some 20 s where all is quiet.
    caller.wait_for("^all ended$", patience=60)
    # It takes connections, as its system does that.
    caller.wait_end(patience=60)
    for style in ("fg", "bg", "await", "stream"):
        (line,) = [line for line in caller.lines if line.startswith(f"{style}:")]
        assert "no controller answers" in line, line
        assert "may have run" not in line, line
    for style in ("fg", "bg", "await"):
        assert f"{style}: UnableToFindCandidate" in caller.output
    assert "stream: RemoteStoppedUnexpectedly" in caller.output
    assert "is back and does not take" not in caller.output
