"""The script of a test: a start in a signal handler of a thread that starts is refused."""

import os
import signal
import threading

from place import raises

from daffi import Global, InitializationError


def handle(number, frame):
    with raises(InitializationError) as caught:
        Global()
    assert "just starting" in str(caught.error)
    raise KeyboardInterrupt


signal.signal(signal.SIGUSR1, handle)
threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGUSR1]).start()
with raises(KeyboardInterrupt):
    Global()
