"""Which event loop of the process runs on the calling thread, and a child that was forked there."""

from __future__ import annotations

import threading
from typing import Any, Final

from daffi._process import forked_child

this_thread: Final = threading.local()
"""Its `loop` is the one that runs on the calling thread."""

_forked_on: int | None = None
"""In a child that was forked on the thread of a loop, that thread."""


def forked() -> Any:
    """In a forked child: the loop of its parent in one of whose steps it was forked; None where there is none."""
    global _forked_on  # noqa: PLW0603 - one thread is left in a child
    left: Any = getattr(this_thread, "loop", None)
    this_thread.loop = None
    # A child that forks again in the same step has left the loop already.
    is_in_step = left is not None or _forked_on == threading.get_ident()
    _forked_on = threading.get_ident() if is_in_step else None
    return left


def came_back(error: BaseException | None = None) -> None:
    """End the process where it is a child that was forked on the calling thread: the loop is its parent's."""
    if _forked_on == threading.get_ident():
        forked_child.end(error)


def waits_in_child() -> BaseException:
    """Say why a child cannot go on."""
    return RuntimeError(
        "a child that was forked in an async callback awaits something, and has no event loop\n"
        "hint: do in the child what needs no loop, or asyncio.run(...) in a thread of its own"
    )
