"""A timeout names the process and the limit."""

import asyncio

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG

g = meet_provider()


async def awaited():
    return await (g.call.until_cancelled("x") & FG(timeout=0.25))


for wait in (
    lambda: g.call.until_cancelled("x") & FG(timeout=0.25),
    lambda: (g.call.until_cancelled("x") & BG(timeout=0.25)).get(),
    lambda: asyncio.run(awaited()),
):
    with raises(TimeoutError) as caught:
        wait()
    assert "'provider'" in str(caught.error) and "0.25 s" in str(caught.error), caught.error
answers = g.call.until_cancelled("x") & BROADCAST(timeout=0.25, return_result=True)
assert "'provider'" in str(answers["provider"]) and "0.25 s" in str(answers["provider"])
g.stop()
