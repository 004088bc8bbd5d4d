"""The event loop that runs the `async def` callbacks of this process, in a thread of its own.

It lives as long as the process, so that pools and sessions made in one callback serve the next. It takes the requests
itself, in the order in which they came; the seam keeps them until then. If a callback blocks the loop in a call that
comes back to this process, that call runs on a spare loop: on this one it would never begin.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from daffi import _log
from daffi._loops import loop_thread
from daffi._loops.asyncio_loop import CallbackLoop
from daffi._loops.context import running

if TYPE_CHECKING:
    from daffi._loops.trio_loop import TrioCallbackLoop

_lock = threading.Lock()
_loops: list[CallbackLoop | TrioCallbackLoop] = []
_in_trio = False


def use_trio() -> None:
    """Have async callbacks run in trio, unless they already run in asyncio: the Global is made under trio."""
    global _in_trio  # noqa: PLW0603 - one loop per process is the point
    _in_trio = True


def start(is_spare: bool) -> None:  # noqa: FBT001 - only the seam calls it
    """Start the loop of the process, or a spare one. Called by the seam when the first call is there for it.

    What cannot be started raises.
    """
    with _lock:
        _loops.append(_new_loop())
    # Now, as the handlers may take long; what they raise does not undo the start.
    with contextlib.suppress(BaseException):
        _log_start(is_spare)


def _log_start(is_spare: bool) -> None:  # noqa: FBT001 - as above
    if is_spare:
        _log.callbacks.warning(
            "an async callback waits without await for a call that comes back to this process; "
            "what comes back runs on an event loop of its own\nhint: await the call"
        )
    else:
        _log.callbacks.debug("starting the event loop for async callbacks")


def _new_loop() -> CallbackLoop | TrioCallbackLoop:
    if not _in_trio:
        return CallbackLoop()
    from daffi._loops.trio_loop import TrioCallbackLoop  # noqa: PLC0415 - needs trio, which only its users have

    return TrioCallbackLoop()


def stop(bound: float) -> None:
    """End the loops with the process; waits `bound` seconds at most."""
    until = time.monotonic() + bound
    with _lock:
        loops = list(_loops)
    for loop in loops:
        loop.begin_stop()
    for loop in loops:
        loop.thread.join(max(0.0, until - time.monotonic()))


def forked() -> None:
    """In a forked child the threads of the loops do not exist: the next call makes a new one."""
    global _lock  # noqa: PLW0603 - see above
    left: CallbackLoop | TrioCallbackLoop | None = loop_thread.forked()
    running.set(None)
    _lock = threading.Lock()
    _loops.clear()
    if left is not None:
        left.forked()
