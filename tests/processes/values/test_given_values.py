"""What is sent is what was given, whatever its giver does with the same memory afterwards."""

import pytest

PROVIDER = """
import asyncio, threading
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
        yield [array, {"part": array[:size // 2]}]

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
"""


@pytest.mark.parametrize("name", ["reused", "reused_async"])
def test_an_item_is_what_it_was_at_the_yield(serve, call, name):
    # From 32 KiB on it was what its memory held when that was read.
    serve(PROVIDER)
    call(f"""
        for size in (8_000, 40_000, 2_000_000):
            items = list(g.call.{name}(size) & FG)
            for number in range(20):
                buffer, (array, part) = items[2 * number], items[2 * number + 1]
                assert type(buffer) is bytearray and buffer == bytes([number]) * size, (size, number)
                assert (array == number).all() and len(array) == size, (size, number)
                assert (part["part"] == number).all(), (size, number)
        g.stop()
    """)


def test_a_buffer_that_was_yielded_can_be_resized(serve, call):
    # Sent from where it was, it could not be: BufferError.
    serve(PROVIDER)
    call("""
        for size in (1_000, 40_000, 200_000):
            assert [len(item) for item in g.call.resized(size) & FG] == [size] * 10
        g.stop()
    """)


def test_an_item_of_a_stream_is_what_it_was_when_it_was_given(serve, call):
    serve(PROVIDER)
    call("""
        import asyncio
        import numpy as np
        array = np.empty(100_000)
        def produce(first):
            for number in range(first, first + 50):
                array[:] = number
                yield array
        async def awaited():
            await (g.call.take(produce(50)) & STREAM)
        g.call.take(produce(0)) & STREAM
        asyncio.run(awaited())
        assert (g.call.taken() & FG) == [(number, number, 100_000) for number in range(100)]
        g.stop()
    """)


def test_a_result_is_what_it_was_when_it_was_returned(serve, call):
    serve(PROVIDER)
    call("""
        for _ in range(5):
            for arguments in ((False,), (True,)):
                value = g.call.result(*arguments) & FG
                array, memory = value if type(value) is list else (value.array, value.memory)
                for part in (array, memory):
                    # Read while it was changed, it was a mix.
                    assert len(set(bytes(part))) == 1, set(bytes(part))
        array, memory = g.call.result_async() & FG
        assert len(set(bytes(array))) == len(set(bytes(memory))) == 1
        g.stop()
    """)


def test_arguments_of_a_call_that_is_not_waited_for_are_what_they_were(serve, call):
    serve(PROVIDER)
    call("""
        import asyncio
        import numpy as np
        g.call.many(np.zeros(3)) & FG
        array = np.empty(4_000_000, "uint8")
        class Box: pass
        box = Box()
        box.array = array

        def given(value, number):
            array[:] = number
            return value
        def check(outcomes):
            assert outcomes == [(number, number) for number in range(len(outcomes))], outcomes
        calls = []
        for number in range(10):
            calls.append(g.call.many(given(array, number)) & BG(eta=number % 2 / 10))
        array[:] = 99
        check([call.get(20) for call in calls])

        async def awaited():
            async def one(number):
                return await (g.call.many(given(array, number)) & FG)
            tasks = [asyncio.ensure_future(one(number)) for number in range(10)]
            await asyncio.sleep(0)
            array[:] = 99
            check([await task for task in tasks])
            many = [g.call.many(given(array, number)) & BROADCAST(return_result=True) for number in range(5)]
            array[:] = 99
            check([(await one)["provider"] for one in many])
        asyncio.run(awaited())

        for modifier in (NO_RETURN, BG(return_result=False), BROADCAST, NO_RETURN(eta=0.1)):
            for number in range(3):
                g.call.take(given(array, number)) & modifier
                g.call.take(given(box, number)) & modifier
        array[:] = 99
        with within(20):
            while len(seen := g.call.taken() & FG) < 24:
                pass
        assert all(least == most < 3 for least, most, _ in seen), seen
        g.stop()
    """)


def test_a_buffer_can_be_resized_after_a_call_that_was_given_up(serve, call, join):
    # What the callee does not read is kept, and so was the memory of a call that nobody waits for any more.
    provider = serve(PROVIDER)
    call(
        """
        import os, signal, sys
        g.call.many(bytearray(10)) & BG
        g.call.taken() & FG
        buffer = bytearray(30_000_000)
        os.kill(int(sys.argv[1]), signal.SIGSTOP)
        with raises(TimeoutError):
            g.call.take(buffer) & FG(timeout=0.5)
        buffer.extend(b"more")
        os.kill(int(sys.argv[1]), signal.SIGCONT)
        assert (g.call.taken() & FG) == []
        g.stop()
        """,
        str(provider.process.pid),
    )
