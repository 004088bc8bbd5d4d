"""The event loop of async callbacks: whatever is handed in is started."""

from __future__ import annotations

import threading
from collections import deque

from daffi._loop import CallbackLoop, Work

LONG = 20


class Answered:
    """Stands for the way back of one call."""

    wants_value = True
    chain = None

    def __init__(self):
        self.values = []
        self.event = threading.Event()

    def reply(self, value):
        self.values.append(value)
        self.event.set()

    fail = reply

    def on_cancel(self, cancel):
        pass


async def number(value):
    return value


def test_work_handed_in_while_the_loop_empties_the_queue_is_started():
    # Whoever found the queue not empty left the wake-up to another, though the loop was about to empty it.
    loop = CallbackLoop()
    first, second, third = Answered(), Answered(), Answered()

    class Slow(deque):
        def append(self, work):
            if work.responder is second:
                # Just before the work is there, the loop comes to the end of the queue.
                hold.set()
                assert first.event.wait(LONG)
            super().append(work)

    hold = threading.Event()
    loop._loop.call_soon_threadsafe(hold.wait, LONG)
    loop.waiting = Slow()
    for answered in (first, second, third):
        loop.submit(Work(number, (1,), {}, answered))
    assert third.event.wait(LONG)
    assert second.event.wait(LONG)
    assert [answered.values for answered in (first, second, third)] == [[1]] * 3
    loop.begin_stop()
    loop.thread.join(LONG)
    assert not loop.thread.is_alive()
    loop._loop.close()
