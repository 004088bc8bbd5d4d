"""How long things may take on this machine, which has other work: for the tests and for their scripts."""

import os
import time
from contextlib import contextmanager

# Seconds of computing that tell the pace of the machine. 0.1 s: many slices of a processor that others want, too.
PIECE = 0.1


@contextmanager
def within(seconds: float):
    """The body must not take longer; where the machine has other work, not longer in its pace."""
    start = time.monotonic()
    yield
    at_most(time.monotonic() - start, seconds)


def at_most(took: float, seconds: float) -> None:
    """What took so long must not have taken longer; see `within`."""
    if took >= seconds:
        slower = slowdown()
        assert took < seconds * slower, (
            f"took {took:.2f} s, at most {seconds}, on a machine {slower:.1f} times slower than idle"
        )


def slowdown() -> float:
    """How much longer things take now than on an idle machine, by a piece of work and by who waits for a processor.

    Twice what is measured where it is more than 1: several processes of a test wait for each other in turn.
    """
    began, spent = time.monotonic(), time.thread_time()
    while time.thread_time() - spent < PIECE:
        pass
    piece = (time.monotonic() - began) / PIECE
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    measured = max(piece, waiting)
    return 1.0 if measured < 1.2 else 2 * measured
