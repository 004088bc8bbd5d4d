"""`join` and `join_async` return when the process is stopped, and not before."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
import threading, time
from place import meet, raises, stay, within
from daffi import *
"""
# How an asynchronous script is run, in each kind of event loop.
LOOPS = {
    "asyncio": "import asyncio; import asyncio as loop_module; run = lambda main: asyncio.run(main())",
    "trio": "import trio; import trio as loop_module; run = trio.run",
}
SOON = 5


@pytest.fixture(params=LOOPS.values(), ids=LOOPS)
def loop(request):
    """The opening of an asynchronous script."""
    return PRELUDE + request.param + "\n"


def test_join_blocks_until_a_stop_from_another_thread(run):
    script = run(PROGRAMS / "join_blocks_until_a_stop_from_another_thread_script.py")
    assert script.wait_end() == 0


def test_several_threads_may_join(run):
    script = run(
        PRELUDE
        + """
g = meet(init_controller=True)
threads = [threading.Thread(target=g.join) for _ in range(4)]
for thread in threads:
    thread.start()
assert all(thread.is_alive() for thread in threads)
g.stop()
for thread in threads:
    thread.join(5)
    assert not thread.is_alive()
"""
    )
    assert script.wait_end() == 0


def test_join_async_blocks_its_task_until_a_stop_and_leaves_the_loop_free(run, loop):
    script = run(
        loop
        + """
async def main():
    g = meet(init_controller=True)
    threading.Timer(0.3, g.stop).start()
    ticks = 0
    ended = False

    async def tick():
        nonlocal ticks
        while not ended:
            ticks += 1
            await loop_module.sleep(0.01)

    async def join():
        nonlocal ended
        await g.join_async()
        ended = True
        assert not g.is_running

    if loop_module.__name__ == "trio":
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tick)
            nursery.start_soon(join)
    else:
        await asyncio.gather(tick(), join())
    assert ticks > 5, ticks

with within(5):
    run(main)
"""
    )
    assert script.wait_end() == 0


def test_a_join_async_that_is_cancelled_stops_the_process(run, loop):
    script = run(
        loop
        + """
async def main():
    g = meet(init_controller=True)
    if loop_module.__name__ == "trio":
        with trio.move_on_after(0.1):
            await g.join_async()
    else:
        try:
            async with asyncio.timeout(0.1):
                await g.join_async()
        except OSError:  # what TimeoutError is
            pass
    return g

with within(5):
    g = run(main)
    # It comes back when the process is stopped.
    g.join()
assert not g.is_running
"""
    )
    assert script.wait_end() == 0


def test_sigterm_ends_join_async_cleanly(run, loop):
    script = run(
        loop
        + """
import signal
before = signal.getsignal(signal.SIGTERM)

async def main():
    g = meet(init_controller=True)

    def tell():
        while signal.getsignal(signal.SIGTERM) is before:
            time.sleep(0.001)  # no event tells that a handler was changed
        print("ready", flush=True)

    threading.Thread(target=tell).start()
    await g.join_async()
    assert not g.is_running
    assert signal.getsignal(signal.SIGTERM) is before
    print("left", flush=True)

run(main)
"""
    )
    script.wait_for("^ready$")
    script.signal(signal.SIGTERM)
    script.wait_for("^left$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_after_two_tasks_joined_the_handler_of_sigterm_is_what_it_was(run):
    script = run(
        PROGRAMS / "after_two_tasks_joined_the_handler_of_sigterm_is_what_it_was_script.py"
    )
    assert script.wait_end() == 0


def test_a_handler_that_is_set_during_join_async_stays(run):
    script = run(PROGRAMS / "a_handler_that_is_set_during_join_async_stays_script.py")
    assert script.wait_end() == 0


def test_a_sigterm_handler_of_asyncio_runs_beside_join_async(run):
    script = run(PROGRAMS / "a_sigterm_handler_of_asyncio_runs_beside_join_async_script.py")
    assert script.wait_end() == 0
