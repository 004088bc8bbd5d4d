"""The script of a test: a handler of the user runs beside join and stays after it."""

import signal

from place import meet, stay


def mine(number, frame):
    assert frame is not None
    print("mine", number, flush=True)


signal.signal(signal.SIGINT, mine)
signal.signal(signal.SIGTERM, mine)
g = meet(init_controller=True)
stay(g)
assert signal.getsignal(signal.SIGINT) is mine and signal.getsignal(signal.SIGTERM) is mine
print("left", flush=True)
