"""What is sent is what was given, whatever its giver does with the same memory afterwards."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


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
    call(PROGRAMS / "an_item_of_a_stream_is_what_it_was_when_it_was_given.py")


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
    call(PROGRAMS / "arguments_of_a_call_that_is_not_waited_for_are_what_they_were.py")


def test_a_buffer_can_be_resized_after_a_call_that_was_given_up(serve, call, join):
    # What the callee does not read is kept, and so was the memory of a call that nobody waits for any more.
    provider = serve(PROVIDER)
    call(
        PROGRAMS / "a_buffer_can_be_resized_after_a_call_that_was_given_up.py",
        str(provider.process.pid),
    )
