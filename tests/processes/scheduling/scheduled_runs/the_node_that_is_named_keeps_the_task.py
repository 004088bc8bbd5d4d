"""The node that is named keeps the task."""

from place import meet_provider, raises

from daffi import FG, PERIOD, RemoteCallError

g = meet_provider()
g.wait_process("second")
task = g.call.tick() & PERIOD(interval=0.05, node="second")
assert task.node == "second"
g.call.after(2) & FG(node="second")
assert [listed["uuid"] for listed in g.get_scheduled_tasks("second")] == [task.uuid]
assert g.get_scheduled_tasks("provider") == []
assert g.call.after(0).fg(node="provider") == []
with raises(RemoteCallError):
    g.cancel_scheduled_task_by_uuid("provider", task.uuid)
assert task.cancel()
g.stop()
