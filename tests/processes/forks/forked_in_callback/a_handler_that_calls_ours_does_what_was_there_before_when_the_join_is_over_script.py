"""The script of a test: a handler that calls ours does what was there before when the join is over."""

import os
import signal
import threading

from daffi import Global

g = Global(init_controller=True)
before = signal.getsignal(signal.SIGTERM)


def leave():
    while signal.getsignal(signal.SIGTERM) is before:
        pass
    os.kill(os.getpid(), signal.SIGUSR1)


def put_above(number, frame):
    below = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda number, frame: below(number, frame))
    g.stop()


signal.signal(signal.SIGUSR1, put_above)
threading.Thread(target=leave).start()
g.join()
print("over", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
signal.pause()
