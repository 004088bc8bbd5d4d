"""Ctrl c ends the wait for another attempt."""

import _thread
import threading

from place import meet_provider, raises, within

from daffi import FG, RetryPolicy

g = meet_provider()


def interrupt():
    while g.call.reset().fg() == 0:
        pass
    _thread.interrupt_main()


threading.Thread(target=interrupt).start()
with raises(KeyboardInterrupt), within(60):
    g.call.flaky(9) & FG(retry_policy=RetryPolicy(wait="1h"))
g.stop()
