"""What this process scheduled is listed in its order."""

import time

from place import meet_provider

from daffi import PERIOD

g = meet_provider()
later = time.time() + 1000
first = g.call.tick() & PERIOD(interval=1000)
second = g.call.change([]) & PERIOD(at_time=[later, later + 1])
assert g.get_scheduled_tasks("provider") == [
    {"condition": "period", "func_name": "tick", "uuid": first.uuid},
    {
        "condition": "at_time",
        "func_name": "change",
        "uuid": second.uuid,
        "number_of_active_tasks": 2,
    },
]
assert g.cancel_scheduled_task_by_uuid("provider", first.uuid) is True
assert g.cancel_scheduled_task_by_uuid("provider", first.uuid) is False
assert [task["uuid"] for task in g.get_scheduled_tasks("provider")] == [second.uuid]
g.stop()
