"""A task that is cancelled while it awaits a call: the call ends, and its callback is told."""

import pytest
from page import ROOT
from script import programs

PROGRAMS = programs(__file__)


SLOW = ROOT / "tests" / "support" / "cancellable.py"

WAYS = {
    "by name": "await (getattr(g.call, name)(said) & FG)",
    "with retries": "await (getattr(g.call, name)(said) & FG(retry_policy=POLICY))",
    "fetcher": "await fetchers[name](said)",
    "broadcast": "await (getattr(g.call, name)(said) & BROADCAST(return_result=True))",
    "gather": "await asyncio.gather(fetchers[name](said))",
}
FETCHERS = """
import asyncio, trio
POLICY = RetryPolicy(KeyError, stop_after_attempt=2)

@fetcher(FG)
async def until_cancelled(said): ...

@fetcher(FG)
async def until_cancelled_async(said): ...

fetchers = {"until_cancelled": until_cancelled, "until_cancelled_async": until_cancelled_async}
"""


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("name", ["until_cancelled", "until_cancelled_async"])
def test_a_cancelled_task_of_asyncio_ends_the_call_that_it_awaits(serve, call, name, way):
    provider = serve(SLOW)
    call(
        FETCHERS
        + f"""
async def awaits(name, said):
    {way}

async def main():
    task = asyncio.ensure_future(awaits({name!r}, "told"))
    while g.call.now_running().fg(timeout=10) == 0:
        await asyncio.sleep(0.01)
    task.cancel()
    with raises(asyncio.CancelledError):
        await task
    # Not by the end of this process, which would tell it, too.
    while g.call.now_running().fg(timeout=10) > 0:
        await asyncio.sleep(0.01)

with within(10):
    asyncio.run(main())
g.stop()
"""
    )
    provider.wait_for("^told$")


@pytest.mark.parametrize("name", ["until_cancelled", "until_cancelled_async"])
def test_a_cancelled_task_of_trio_ends_the_call_that_it_awaits(serve, call, name):
    provider = serve(SLOW)
    call(PROGRAMS / "a_cancelled_task_of_trio_ends_the_call_that_it_awaits.py", name)
    provider.wait_for("^told$")


def test_a_time_limit_of_asyncio_ends_the_call_that_it_is_about(serve, call):
    provider = serve(SLOW)
    call(
        FETCHERS
        + """
async def main():
    with raises(asyncio.TimeoutError):
        await asyncio.wait_for(until_cancelled_async("told"), 0.2)
    while g.call.now_running().fg(timeout=10) > 0:
        await asyncio.sleep(0.01)

with within(10):
    asyncio.run(main())
g.stop()
"""
    )
    provider.wait_for("^told$")
