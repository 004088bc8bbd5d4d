"""A global as an argument is refused in every style of call."""

import asyncio

from place import meet_provider, raises

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM, GlobalContextError

g = meet_provider()


async def awaited(make):
    return await make()


for wrong in (
    lambda: g.call.echo(g) & BG,
    lambda: g.call.echo(g) & NO_RETURN,
    lambda: g.call.echo(g) & BROADCAST,
    lambda: g.call.echo(g) & BROADCAST(return_result=True),
    lambda: g.call.echo([g]) & STREAM,
    lambda: g.call.echo(g) & PERIOD(interval=100),
    lambda: asyncio.run(awaited(lambda: g.call.echo(g) & FG)),
    lambda: g.transfer_and_call("provider", len, g),
    lambda: g.transfer_and_call("provider", lambda: g),
):
    with raises(GlobalContextError) as caught:
        wrong()
    assert "a Global does not travel" in str(caught.error), caught.error
assert g.call.calls_so_far().fg() == []
g.stop()
