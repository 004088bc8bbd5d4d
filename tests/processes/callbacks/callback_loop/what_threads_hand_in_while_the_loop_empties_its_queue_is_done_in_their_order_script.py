"""The script of a test: what threads hand in while the loop empties its queue is done in their order."""

import functools
import threading

from daffi._loops.asyncio_loop import CallbackLoop
from daffi._loops.trio_loop import TrioCallbackLoop


def hand_in(thread):
    for number in range(500):
        loop.queue.call_soon(functools.partial(note, thread, number))
        if number % 50 == 0:
            pause.wait(0.001)  # the loop comes to the end of its queue now and then


def note(thread, number):
    done.append((thread, number))
    if len(done) == 2_000:
        all_done.set()


pause = threading.Event()
for kind in (CallbackLoop, TrioCallbackLoop):
    loop, done, all_done = kind(), [], threading.Event()
    threads = [threading.Thread(target=hand_in, args=[thread]) for thread in range(4)]
    for thread in threads:
        thread.start()
    assert all_done.wait(20), len(done)
    for thread in range(4):
        numbers = [number for other, number in done if other == thread]
        assert numbers == list(range(500))
    loop.begin_stop()
    loop.thread.join(20)
    assert not loop.thread.is_alive()
