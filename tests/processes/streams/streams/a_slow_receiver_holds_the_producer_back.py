"""A slow receiver holds the producer back."""

import threading

from place import meet_provider

from daffi import FG, STREAM

g = meet_provider()
g.wait_process("second")
produced = 0


def endless():
    global produced
    for produced in range(1, 1_000_001):
        yield bytes(100)


errors = []


def stream():
    try:
        g.call.take_when_let(endless()) & STREAM(timeout=1.5)
    except TimeoutError as error:
        errors.append(error)


thread = threading.Thread(target=stream)
thread.start()
thread.join()
assert errors
# 64 KiB of items are kept at most, however long the stream is.
assert 64 <= produced <= 700, produced
g.call.let() & FG(node="provider")
g.stop()
