"""`ScheduledTask`: what `call & PERIOD(...)` gives, a handle to runs that come at another process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, Self

from daffi._aio.waiting import in_thread_while_wanted
from daffi._exceptions import InitializationError, UnknownTaskError
from daffi._input.names import refuse_own
from daffi._process import current_global

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from daffi._daffi import GivenUp, Runtime

_ELSEWHERE: Final = (
    "a task is kept by the process that runs it, which is another one: task.node has its name"
)


class ScheduledTask:
    """A call that another process runs when its time has come.

    It may be dropped: the task goes on.

    Attributes:
        func_name: the callback that runs.
        uuid: the name of the task, for `Global.cancel_scheduled_task_by_uuid`.
        node: the process that runs it.
    """

    def __init__(self, func_name: str, uuid: str, node: str) -> None:
        self.func_name = func_name
        self.uuid = uuid
        self.node = node

    def cancel(self) -> bool:
        """End the task: no more runs. One that is under way goes on.

        Returns:
            False if it was over: it had no more runs, was cancelled, or another process has the name of its own.

        Raises:
            RemoteStoppedUnexpectedly: its process ended, or gave no sign of life. A frozen one goes on with the task
                when it wakes.
            UnableToFindCandidate: its process could not be asked.
            InitializationError: no process of its name is there, stopped or cut off; or this one has no Global.
        """
        runtime = current_global.runtime()
        with contextlib.suppress(UnknownTaskError):
            return cancel(runtime, self.node, self.uuid)
        # A task ends with its process: this is another of that name, or the task is long forgotten.
        return False

    async def cancel_async(self) -> bool:
        """`cancel` without holding up the event loop."""
        runtime = current_global.runtime()
        with contextlib.suppress(UnknownTaskError):
            return await in_thread_while_wanted(
                lambda given_up: cancel(runtime, self.node, self.uuid, given_up)
            )
        return False

    def __await__(self) -> Generator[Any, None, Self]:
        """Give the task itself, which is there at once: an `async def` fetcher is awaited whatever its modifier."""
        return self
        yield  # what makes it a generator

    def __repr__(self) -> str:
        return f"<daffi.ScheduledTask {self.func_name!r} at {self.node!r}, {self.uuid}>"


def scheduled_tasks(
    runtime: Runtime, node: str, given_up: GivenUp | None = None
) -> list[dict[str, Any]]:
    """What this process has scheduled at another and is not over; the wait ends soon once it is given up."""
    refuse_own(node, runtime.process_name, InitializationError, _ELSEWHERE)
    tasks: list[dict[str, Any]] = []
    for identity, func_name, left in runtime.scheduled_tasks(node, given_up):
        task: dict[str, Any] = {
            "condition": "period" if left is None else "at_time",
            "func_name": func_name,
            "uuid": str(_uuid(bytes=bytes(identity))),
        }
        if left is not None:
            task["number_of_active_tasks"] = left
        tasks.append(task)
    return tasks


def cancel(runtime: Runtime, node: str, identity: str, given_up: GivenUp | None = None) -> bool:
    """End a task at another process; False if it was over. The wait ends soon once it is given up.

    Raises:
        RemoteCallError: no task of this uuid is known there.
    """
    refuse_own(node, runtime.process_name, InitializationError, _ELSEWHERE)
    try:
        raw = _uuid(identity).bytes
    except (ValueError, AttributeError, TypeError):
        cancelled = None
    else:
        cancelled = runtime.cancel_task(node, raw, given_up)
    if cancelled is None:
        raise UnknownTaskError(f"no scheduled task of this uuid at {node!r}: {identity!r}")
    return cancelled


def _uuid(*args: Any, **kwargs: Any) -> UUID:
    from uuid import UUID  # noqa: PLC0415 - slow to import, and few processes schedule anything

    return UUID(*args, **kwargs)
