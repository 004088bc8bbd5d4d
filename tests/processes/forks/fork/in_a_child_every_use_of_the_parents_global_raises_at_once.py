"""In a child every use of the parents global raises at once."""

import asyncio
import os
import warnings

import trio
from place import meet_provider, raises, within

from daffi import (
    BG,
    BROADCAST,
    FG,
    NO_RETURN,
    PERIOD,
    STREAM,
    GlobalContextError,
    InitializationError,
    RetryPolicy,
    fetcher,
    get_g,
)

g = meet_provider()
warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads


@fetcher(FG)
async def slow_async(seconds, value=None): ...


pending = g.call.add(1, 2)
held = g.call.slow(0.5, "kept") & BG


async def awaited(make):
    return await make()


USES = {
    "FG": lambda: g.call.add(1, 2) & FG,
    "BG": lambda: g.call.add(1, 2) & BG,
    "NO_RETURN": lambda: g.call.add(1, 2) & NO_RETURN,
    "BROADCAST": lambda: g.call.add(1, 2) & BROADCAST,
    "STREAM": lambda: g.call.echo([1]) & STREAM,
    "PERIOD": lambda: g.call.add(1, 2) & PERIOD(interval=1),
    "pending call": lambda: pending & FG,
    "awaited fetcher": lambda: asyncio.run(awaited(lambda: slow_async(0))),
    "retry": lambda: g.call.add(1, 2) & FG(retry_policy=RetryPolicy(stop_after_delay=60)),
    "exists": lambda: g.call.add.exists,
    "info": lambda: g.call.add.info,
    "result": lambda: held.get(),
    "awaited result": lambda: asyncio.run(awaited(lambda: held)),
    "awaited in trio": lambda: trio.run(awaited, lambda: held),
    "registered_callbacks": lambda: g.registered_callbacks,
    "completion": lambda: dir(g.call),
    "wait_process": lambda: g.wait_process("nobody"),
    "wait_function_async": lambda: asyncio.run(awaited(lambda: g.wait_function_async("nobody"))),
    "join": lambda: g.join(),
    "join_async": lambda: asyncio.run(awaited(g.join_async)),
    "kill_all": lambda: g.kill_all(),
    "scheduled tasks": lambda: g.get_scheduled_tasks("provider"),
    "transfer": lambda: g.transfer_and_call("provider", len, "text"),
}
child = os.fork()
if child == 0:
    status = 1
    try:
        assert not g.is_running
        for name, use in USES.items():
            with within(2):
                try:
                    use()
                except GlobalContextError:
                    continue
            raise AssertionError(name)
        with raises(InitializationError) as caught:
            get_g()
        assert "made before the process was forked" in str(caught.error), caught.error
        # What ends it does nothing: so a `with` block around the fork ends well.
        g.stop()
        status = 0
    except BaseException as error:
        print(repr(error), flush=True)
    finally:
        os._exit(status)
assert os.waitpid(child, 0)[1] == 0
assert held.get() == "kept"
assert (g.call.add(3, 4) & FG) == 7
g.stop()
