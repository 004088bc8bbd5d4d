"""The other process of a test: tasks are kept and told of through the controller."""

import logging

from place import meet

from daffi import FG, PERIOD

logging.basicConfig()
g = meet(process_name="caller")
g.wait_process("provider")
tick = g.call.tick(1) & PERIOD(interval=0.05)
stumble = g.call.stumble("relayed") & PERIOD(interval=0.05)
g.call.after(10) & FG
assert len(g.get_scheduled_tasks("provider")) == 2
assert tick.cancel() and g.cancel_scheduled_task_by_uuid("provider", stumble.uuid)
print("done", flush=True)
g.join()
