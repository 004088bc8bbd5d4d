"""Tasks are made listed and ended from an event loop."""

import asyncio
import time

import trio
from place import meet_provider

from daffi import PERIOD, ScheduledTask

g = meet_provider()


async def main():
    task = g.call.tick() & PERIOD(interval=1000)
    assert isinstance(task, ScheduledTask)
    assert await (g.call.tick() & PERIOD(at_time=time.time() + 1000)) is not None
    assert len(g.get_scheduled_tasks("provider")) >= 2
    for listed in g.get_scheduled_tasks("provider"):
        assert g.cancel_scheduled_task_by_uuid("provider", listed["uuid"])


asyncio.run(main())
trio.run(main)
g.stop()
