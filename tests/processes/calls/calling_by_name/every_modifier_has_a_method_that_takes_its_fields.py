"""Every modifier has a method that takes its fields."""

import time

from place import meet_provider

from daffi import AsyncResult, ScheduledTask, fetcher

g = meet_provider()
g.wait_process("second")
assert g.call.add(1, 2).fg() == 3
assert g.call.add(1, b=2).fg(timeout=5, retry_policy=None, node="second") == 3
result = g.call.add(1, 2).bg(timeout="5s", eta=0.1, retry_policy=None, node="second")
assert isinstance(result, AsyncResult) and result.get() == 3
assert g.call.add(1, 2).bg(return_result=False) is None
assert g.call.add(1, 2).bg(no_return=True) is None
assert g.call.add(1, 2).no_return() is None
assert g.call.add(1, 2).no_return(eta="10ms", node="second") is None
assert g.call.add(1, 2).broadcast() is None
values = g.call.add(1, 2).broadcast(
    eta=0.1, timeout=5, return_result=True, retry_policy=None, node=["second", "provider"]
)
assert values == {"second": 3, "provider": 3}
task = g.call.add(1, 2).period(interval=100, node="second")
assert isinstance(task, ScheduledTask) and task.node == "second" and task.cancel()
task = g.call.add(1, 2).period(at_time=time.time() + 100)
assert isinstance(task, ScheduledTask) and task.cancel()
assert g.call.fail([]).stream(timeout=5, node="second") is None


@fetcher
def add(a, b): ...


assert add(1, 2).fg(timeout=5) == add(1, 2).bg().get() == 3
g.stop()
