"""A call goes to who takes its arguments."""

from place import meet_provider

from daffi import BG, FG, PERIOD, RetryPolicy

g = meet_provider()
g.wait_process("newer", timeout=20)
for call, version in (
    (lambda: g.call.price(1), "old"),
    (lambda: g.call.price(1, "eur", rounded=True), "new"),
):
    # Candidates are chosen at random.
    assert {call() & FG for _ in range(20)} == {version}
    assert {(call() & BG).get() for _ in range(20)} == {version}
    assert call() & FG(retry_policy=RetryPolicy(stop_after_attempt=1)) == version
    assert (call() & BG(retry_policy=RetryPolicy(stop_after_attempt=1))).get() == version
    task = call() & PERIOD(interval=60)
    assert task.node == {"old": "provider", "new": "newer"}[version]
    assert task.cancel()
g.stop()
