"""What scripts of process tests import: where to meet, how to say ready, how to want an error."""

import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, TextIO, cast

from pace import at_most, slowdown, within

import daffi
from daffi import Global

__all__ = [
    "PLACE",
    "at_most",
    "meet",
    "meet_provider",
    "raises",
    "slowdown",
    "spelled",
    "stay",
    "within",
]

# Settings of `Global` for this script: which controller, on what transport.
PLACE: dict[str, Any] = json.loads(os.environ.get("DAFFI_TEST_PLACE", "{}"))


class WholeLines(threading.local):
    """A text file that gets the lines of each thread whole: `print` writes a line and its end apart."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._begun = ""

    def write(self, text: str) -> int:
        self._begun += text
        if text.endswith("\n"):
            self._pass_on()
        return len(text)

    def flush(self) -> None:
        self._pass_on()
        self._file.flush()

    def _pass_on(self) -> None:
        begun, self._begun = self._begun, ""
        self._file.write(begun)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


sys.stdout = cast("TextIO", WholeLines(sys.stdout))


def meet(**settings: Any) -> Global:
    """A Global at the place of this test."""
    return Global(**{**PLACE, **settings})


def meet_provider() -> Global:
    """The Global of a script that calls: the provider is there."""
    g = meet(process_name="caller")
    g.wait_process("provider", timeout=10)
    return g


def spelled(text: str) -> Any:
    """What a text means that names things of daffi: a modifier, an error class, a list of them."""
    return eval(text, dict(vars(daffi)))


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
