"""What scripts of process tests import: where to meet, how to say ready, how to want an error."""

import json
import os
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


def ready(g: Global) -> None:
    """Tell the test that this process serves, and on which port."""
    print("ready", g.port, flush=True)


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
