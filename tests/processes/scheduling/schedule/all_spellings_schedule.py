"""All spellings schedule."""

from place import meet_provider

from daffi import PERIOD, ScheduledTask, __body_unknown__, fetcher

g = meet_provider()


@fetcher(PERIOD(interval=0.05))
def tick(a: int):
    __body_unknown__(a)


tasks = [
    tick(1),
    g.call.tick(2).period(interval=0.05),
    (g.call.tick & PERIOD(interval=0.05))(3),
    g.call.tick(4, __exec_modifier__=PERIOD(interval=0.05, node="provider")),
]
assert all(isinstance(task, ScheduledTask) for task in tasks)
assert len(g.get_scheduled_tasks("provider")) == 4

import asyncio


async def awaited():
    @fetcher(PERIOD(interval=10))
    async def tick():
        __body_unknown__()

    task = await tick()
    assert isinstance(task, ScheduledTask) and task.cancel()
    task = await (g.call.tick() & PERIOD(interval=10))
    assert isinstance(task, ScheduledTask) and task.cancel()


asyncio.run(awaited())
g.stop()
