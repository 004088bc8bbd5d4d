"""What scripts of process tests import: where to meet, how to say ready, how to want an error."""

import json
import os
import signal
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from daffi import Global

# Settings of `Global` for this script: which controller, on what transport.
PLACE: dict[str, Any] = json.loads(os.environ.get("DAFFI_TEST_PLACE", "{}"))


def meet(**settings: Any) -> Global:
    """A Global at the place of this test."""
    return Global(**{**PLACE, **settings})


def stay(g: Global) -> None:
    """Join, and tell the test from inside it that this process serves, and on which port.

    A signal that comes before `join` has taken the handlers would be the script's own affair.
    """
    before = signal.getsignal(signal.SIGTERM)

    def tell() -> None:
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.001)  # no event tells that a handler was changed
        print("ready", g.port, flush=True)

    threading.Thread(target=tell, daemon=True).start()
    g.join()


@contextmanager
def raises(*expected: type[BaseException]):
    """Expect an error inside; what is given has it as `error` afterwards."""
    caught = SimpleNamespace(error=None)
    try:
        yield caught
    except expected as error:
        caught.error = error
    else:
        raise AssertionError(f"nothing raised, wanted {expected}")


@contextmanager
def within(seconds: float):
    """The body must not take longer."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < seconds, f"took {took:.2f} s, at most {seconds}"
