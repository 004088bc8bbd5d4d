"""The process called provider in test_given_values.py."""

import threading

import numpy as np
from place import meet, stay

from daffi import callback

SIZES = (8_000, 40_000, 2_000_000)


@callback
def reused(size):
    buffer, array = bytearray(size), np.empty(size, "uint8")
    for number in range(20):
        buffer[:] = bytes([number]) * size
        array[:] = number
        yield buffer
        yield [array, {"part": array[: size // 2]}]


@callback
async def reused_async(size):
    for item in reused(size):
        yield item


@callback
def resized(size):
    buffer = bytearray()
    for _ in range(10):
        buffer.extend(b"x" * size)
        yield buffer
        buffer.clear()


kept = np.zeros(4_000_000, "uint8")


class Box:
    pass


@callback
def result(wrapped):
    # Right behind the answer, as a thread that goes on with the same memory.
    timer.set()
    if not wrapped:
        return [kept, memory]
    box = Box()
    box.array, box.memory = kept, memory
    return box


@callback
async def result_async():
    return result(False)


memory = bytearray(4_000_000)
timer = threading.Event()

# Each is written as a whole, without letting another thread run meanwhile.
contents = [bytes([number]) * 4_000_000 for number in range(3)]


def go_on():
    while True:
        timer.wait()
        timer.clear()
        for number in range(300):
            memoryview(kept)[:] = contents[number % 3]
            memory[:] = contents[number % 3]


threading.Thread(target=go_on, daemon=True).start()

seen = []


@callback
def take(value):
    array = getattr(value, "array", value)
    seen.append((int(array.min()), int(array.max()), len(array)))


@callback
def taken():
    return seen


@callback
def many(value):
    return int(value.min()), int(value.max())


stay(meet(process_name="provider"))
