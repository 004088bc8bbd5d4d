"""A call that was run in any style says nothing when it is dropped."""

import asyncio
import gc
import sys

from place import meet_provider

from daffi import BG, BROADCAST, FG, NO_RETURN, PERIOD, STREAM

g = meet_provider()
sys.unraisablehook = lambda raised: print(raised.exc_value, flush=True)


def every(call):
    call() & FG
    call().fg()
    (call() & BG).get()
    call() & NO_RETURN
    call() & BROADCAST(return_result=True)
    (call() & PERIOD(interval=60)).cancel()
    again = call()
    assert again & FG == again & FG == "value"


async def main():
    await g.call.echo("value") & FG
    await (g.call.echo("value") & FG)
    await g.call.echo("value").fg()
    await (g.call.echo(["value"]) & STREAM)
    await asyncio.gather(*[g.call.echo(number) & FG for number in range(3)])


every(lambda: g.call.echo("value"))
(g.call.echo & FG)("value")
g.call.echo(["value"]) & STREAM
asyncio.run(main())
gc.collect()
g.call.echo("dropped")
g.stop()
