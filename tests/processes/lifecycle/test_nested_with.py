"""Who asks for the Global that runs already does not end it: the outermost `with` does."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
import asyncio, threading
from place import raises
from daffi import Global, InitializationError, get_g

def meet():
    return Global(init_controller=True, process_name="one")
"""

NESTED = {
    "a block in a block": """
with meet() as outer:
    with meet() as inner:
        assert inner is outer
    assert outer.is_running and get_g() is outer
    with outer, meet():
        pass
    assert outer.is_running
""",
    "a block that raises": """
with meet() as outer:
    with raises(ValueError), meet():
        raise ValueError
    assert outer.is_running
with raises(ValueError), meet() as outer:
    with meet():
        raise ValueError
""",
    "async blocks": """
async def main():
    async with meet() as outer:
        async with meet():
            pass
        with meet():
            pass
        assert outer.is_running
    return outer
outer = asyncio.run(main())
""",
    "an async block that is cancelled": """
async def main():
    async with meet() as outer:
        async def inner():
            async with meet():
                await asyncio.sleep(60)
        task = asyncio.create_task(inner())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert outer.is_running
    return outer
outer = asyncio.run(main())
""",
    "a second Global without a block": """
with meet() as outer:
    assert meet() is outer
""",
    "a Global whose block comes later": """
outer = meet()
assert outer.is_running
with outer:
    with meet():
        pass
    assert outer.is_running
""",
    "a stop in a block": """
with meet() as outer:
    with meet() as inner:
        inner.stop()
        assert not outer.is_running
        with meet() as again:
            assert again is not outer
        assert not again.is_running
""",
    "blocks of threads": """
entered, leave = threading.Event(), threading.Event()
def other():
    with meet() as g:
        entered.set()
        leave.wait(20)
        assert g.is_running
thread = threading.Thread(target=other)
with meet() as outer:
    thread.start()
    assert entered.wait(20)
# The last one ends it.
assert outer.is_running
leave.set()
thread.join()
""",
}


@pytest.mark.parametrize("source", NESTED.values(), ids=NESTED)
def test_only_the_outermost_block_ends_a_global(run, source):
    script = run(PRELUDE + source + "assert not outer.is_running\n")
    assert script.wait_end() == 0, script.output


def test_a_block_does_not_end_a_global_that_was_made_without_one(run):
    script = run(PROGRAMS / "a_block_does_not_end_a_global_that_was_made_without_one_script.py")
    assert script.wait_end() == 0, script.output
