"""`at_once` where a caller takes none of its answers: its calls keep nobody from a callback."""

import signal

from script import programs

PROGRAMS = programs(__file__)


def test_a_caller_that_takes_no_answers_keeps_nobody_from_a_callback(serve, join, call):
    # Its call had its place at the callback, and waited with that behind others until it took their answers.
    provider = serve(
        PROGRAMS / "a_caller_that_takes_no_answers_keeps_nobody_from_a_callback_provider.py"
    )
    lazy = join(
        PROGRAMS / "a_caller_that_takes_no_answers_keeps_nobody_from_a_callback_lazy.py",
        name="lazy",
    )
    lazy.wait_for("^met$")
    # It is to find all of them at once, and nobody who reads the answers.
    provider.signal(signal.SIGSTOP)
    lazy.signal(signal.SIGUSR1)
    lazy.wait_for("^sent$")
    lazy.signal(signal.SIGSTOP)
    provider.signal(signal.SIGCONT)
    call("""
        for number in range(3):
            assert g.call.alone(number) & FG(timeout=10) == number
        g.stop()
    """)
