"""Done callbacks are called once each in order whatever the end."""

import threading

from place import meet_provider

from daffi import BG

g = meet_provider()
held = g.call.hold() & BG
for result in (
    g.call.slow(0.2, 1) & BG,
    g.call.fail("x") & BG,
    g.call.slow(5) & BG(timeout=0.2),
    held,
):
    heard, last = [], threading.Event()
    for number in range(5):
        result.add_done_callback(lambda result, number=number: heard.append((number, result)))
    result.add_done_callback(lambda _: last.set())
    if result is held:
        result.cancel()
    assert last.wait(10)
    assert heard == [(number, result) for number in range(5)]
    # Once it has ended, at once.
    result.add_done_callback(lambda result: heard.append(("late", result)))
    assert heard[5:] == [("late", result)]
g.stop()
