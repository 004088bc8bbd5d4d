"""Ctrl+C in the middle of a wait for several, and cancels that reach what a callback has begun."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


FLAKY = PROGRAMS / "flaky.py"

BETWEEN = PROGRAMS / "between.py"


def test_ctrl_c_ends_a_broadcast_that_is_waited_for(serve, join, call):
    serve()
    join(
        "from place import meet; from daffi import callback\n"
        "import threading\n"
        "@callback\n"
        "def hold(): threading.Event().wait(20)\n"
        "g = meet(process_name='second'); print('up', flush=True); g.join()",
        name="second",
    ).wait_for("^up$")
    call("""
        import os, signal, threading
        g.wait_process("second")
        threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()
        with within(5), raises(KeyboardInterrupt):
            g.call.hold() & BROADCAST(return_result=True)
        g.stop()
    """)


def test_after_ctrl_c_a_broadcast_is_not_tried_again(serve, call):
    serve(FLAKY)
    call(PROGRAMS / "after_ctrl_c_a_broadcast_is_not_tried_again.py")


@pytest.mark.parametrize("name", ["in_front", "behind", "awaited", "everywhere"])
@pytest.mark.parametrize("end", ["cancelled", "late"])
def test_nothing_is_tried_again_for_a_callback_that_nobody_waits_for(serve, join, call, name, end):
    serve(FLAKY)
    join(BETWEEN, name="between").wait_for("^up$")
    call(f"""
        g.wait_process("between")
        patience, again = 0.5, 0
        while again < 3:
            before = g.call.how_many_runs().fg()
            result = g.call.{name}() & BG(timeout=patience if {end!r} == "late" else None)
            while again < 3 and not result.ready:
                again = g.call.how_many_runs().fg() - before
            patience *= 2  # of a machine that has other work to do
        if {end!r} == "cancelled":
            assert result.cancel()
        with raises(CallCancelled, TimeoutError):
            result.get()
        # The attempt that was under way may still come.
        for _ in range(60):
            before = g.call.how_many_runs() & FG
            time.sleep(0.3)  # many times the wait between two attempts
            if g.call.how_many_runs().fg() == before:
                break
        else:
            raise AssertionError("it is tried again and again")
        g.stop()
    """)


def test_how_a_call_ended_does_not_change_with_the_own_stop(serve, call):
    provider = serve()
    call("""
        import os, signal
        result = g.call.hold() & BG
        os.kill(g.call.pid() & FG, signal.SIGKILL)
        while not result.ready:
            pass
        g.stop()
        assert isinstance(result.error, RemoteStoppedUnexpectedly), result.error
    """)
    provider.wait_end()


def test_a_large_result_that_nobody_waits_for_arrives_in_time(serve, call):
    serve()
    call("""
        # It took a twentieth of a second for each buffer of the socket.
        result = g.call.echo(bytes(40_000_000)) & BG(timeout=4)
        with within(4):
            while not result.ready:
                time.sleep(0.01)  # as a program does that looks now and then
        assert len(result.get()) == 40_000_000
        g.stop()
    """)
