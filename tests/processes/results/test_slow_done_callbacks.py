"""Functions of users that take long at the end of a call: what waits for them, what does not, what is said of it."""

import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"
# A function of a user that does not come back.
HELD = """
import asyncio, concurrent.futures, logging, queue, threading, trio
held, let_go = threading.Event(), threading.Event()

def hold(result):
    held.set()
    let_go.wait(60)

first = g.call.slow(0.1) & BG
first.add_done_callback(hold)
assert held.wait(20)
"""
GOES_ON = {
    "await in trio": """
        async def main():
            assert await (g.call.slow(0.1, 7) & BG(timeout=20)) == 7
        trio.run(main)
    """,
    "asyncio.wait": """
        async def main():
            results = [g.call.slow(0.1, 7) & BG(timeout=20) for _ in range(3)]
            done, _ = await asyncio.wait(results, timeout=20)
            assert len(done) == 3
        asyncio.run(main())
    """,
    "a function in asyncio": """
        async def main():
            told = asyncio.Event()
            (g.call.slow(0.1) & BG).add_done_callback(lambda _: told.set())
            await asyncio.wait_for(told.wait(), 20)
        asyncio.run(main())
    """,
    "concurrent.futures": """
        results = [g.call.slow(0.1, 7) & BG for _ in range(3)]
        done, _ = concurrent.futures.wait(results, timeout=20)
        assert len(done) == 3
    """,
    "BROADCAST": """
        async def main():
            assert await (g.call.slow(0.1, 7) & BROADCAST(timeout=20, return_result=True)) == {"provider": 7}
        asyncio.run(main())
    """,
    "async for": """
        async def main():
            async with asyncio.timeout(20):
                assert [item async for item in await (g.call.count(3) & FG)] == [0, 1, 2]
        asyncio.run(main())
    """,
    "the end of a retried call": """
        policy = RetryPolicy(LookupError, stop_after_delay=60, wait=60)
        result = g.call.fail() & BG(retry_policy=policy)
        assert result.cancel()
        while any(thread.name == "daffi-retry" for thread in threading.enumerate()):
            time.sleep(0.01)  # no event tells that a thread has ended
    """,
}


@pytest.mark.parametrize("goes_on", GOES_ON.values(), ids=GOES_ON)
def test_a_function_that_takes_long_holds_up_nothing_but_others_of_its_kind(serve, call, goes_on):
    # One thread called the functions of users and those of daffi, one after the other.
    serve(PROVIDER)
    call(HELD + textwrap.dedent(goes_on) + "\nlet_go.set()\ng.stop()\n")


def test_those_behind_one_that_takes_long_are_called_in_order_and_nothing_else_is_kept(serve, call):
    serve(PROVIDER)
    call(
        HELD
        + """
import gc
called, over = [], threading.Event()
results = [g.call.gated(number) & BG for number in range(50)]
for result in results:
    for _ in range(3):
        result.add_done_callback(lambda result: called.append(result.get()))
results[-1].add_done_callback(lambda _: over.set())
g.call.open() & FG
for result in results:
    result.get(timeout=20)
    g.call.slow(0) & NO_RETURN
del result, results
# One for each that has functions, and the first.
assert sum(isinstance(thing, AsyncResult) for thing in gc.get_objects()) <= 51
assert called == []
let_go.set()
assert over.wait(20)
assert called == [number for number in range(50) for _ in range(3)]
g.stop()
"""
    )


HEARING = """
import logging, queue, threading
heard = queue.Queue()

class Hear(logging.Handler):
    def emit(self, record):
        heard.put((record.threadName, record.getMessage()))

logging.getLogger("daffi.calls").addHandler(Hear())
"""


def test_a_function_that_takes_longer_than_a_second_is_told_of_when_it_ends(serve, call):
    serve(PROVIDER)
    call(
        HEARING
        + """
def takes_long(result):
    threading.Event().wait(1.1)  # longer than is told of

(g.call.slow(0.1) & BG).add_done_callback(takes_long)
thread, line = heard.get(timeout=20)
assert thread == "daffi-done", thread
assert line.startswith("the done-callback takes_long has taken 1."), line
g.stop()
assert heard.empty()
"""
    )


def test_a_function_that_does_not_come_back_is_told_of_once_others_wait_for_it(serve, call):
    serve(PROVIDER)
    call(
        HEARING
        + HELD
        + """
threading.Event().wait(1.1)  # longer than is told of
for _ in range(3):
    result = g.call.slow(0.1) & BG
    result.add_done_callback(lambda _: None)
    result.get()
thread, line = heard.get(timeout=20)
assert thread == "daffi-notify", thread
assert line.startswith("the done-callback hold has taken "), line
let_go.set()
g.stop()
assert heard.empty()
"""
    )


def test_what_is_logged_of_a_call_says_which_thread_of_daffi_tells_it(serve, call):
    # Threads that Python did not start are called Dummy and a number.
    serve(PROVIDER)
    call(
        HEARING
        + """
g.call.fail() & NO_RETURN
assert heard.get(timeout=20)[0] == "daffi-notify"
g.stop()
"""
    )
