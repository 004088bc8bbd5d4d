"""Scheduled tasks from an event loop: they are listed and ended without holding it up."""

import signal

import pytest

PROVIDER = """
from place import meet, stay
from daffi import callback

@callback
def tick():
    pass

stay(meet(process_name="provider"))
"""
# Fails where anything is said to hold up the loop.
RUN = """
import asyncio, logging, trio
warned = []

class Hear(logging.Handler):
    def emit(self, record):
        warned.append(record.getMessage())

logging.getLogger("daffi.calls").addHandler(Hear())
"""
LOOPS = {"asyncio": "asyncio.run(main())", "trio": "trio.run(main)"}


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_tasks_are_listed_and_ended_in_an_event_loop(serve, call, loop):
    serve(PROVIDER)
    call(
        RUN
        + f"""
first, second = (g.call.tick() & PERIOD(interval=3600) for _ in range(2))
rows = g.get_scheduled_tasks("provider")

async def main():
    assert await g.get_scheduled_tasks_async("provider") == rows
    assert await first.cancel_async() is True
    assert await first.cancel_async() is False
    assert await g.cancel_scheduled_task_by_uuid_async("provider", second.uuid) is True
    assert await g.get_scheduled_tasks_async("provider") == []
    with raises(RemoteCallError):
        await g.cancel_scheduled_task_by_uuid_async("provider", "no uuid")
    with raises(InitializationError):
        await g.get_scheduled_tasks_async("nobody")
    gone = ScheduledTask("tick", first.uuid, "nobody")
    with raises(InitializationError):
        await gone.cancel_async()
    forgotten = ScheduledTask("tick", "00000000-0000-0000-0000-000000000000", "provider")
    assert await forgotten.cancel_async() is False

{loop}
assert warned == [], warned
g.stop()
"""
    )


WAITS = [
    'g.get_scheduled_tasks_async("provider")',
    "task.cancel_async()",
    'g.cancel_scheduled_task_by_uuid_async("provider", task.uuid)',
]


@pytest.mark.parametrize("wait", WAITS)
def test_a_process_that_does_not_answer_holds_up_no_loop_and_no_thread(serve, join, wait):
    provider = serve(PROVIDER)
    caller = join(
        f"""
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {{signal.SIGUSR1}})
import asyncio, threading
from place import meet
from daffi import *

g = meet(process_name="caller")
g.wait_process("provider", timeout=20)
task = g.call.tick() & PERIOD(interval=3600)

async def main():
    print("met", flush=True)
    await asyncio.to_thread(signal.sigwait, {{signal.SIGUSR1}})
    waits = asyncio.ensure_future({wait})
    await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert not waits.done()
    waits.cancel()
    while any(thread.name == "daffi-wait" for thread in threading.enumerate()):
        await asyncio.sleep(0.01)
    print("goes on", flush=True)

asyncio.run(main())
"""
    )
    caller.wait_for("^met$")
    provider.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    caller.wait_for("^goes on$")
    provider.signal(signal.SIGCONT)
