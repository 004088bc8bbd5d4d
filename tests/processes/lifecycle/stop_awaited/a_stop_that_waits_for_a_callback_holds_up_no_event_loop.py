"""A stop that waits for a callback holds up no event loop."""

import asyncio

from place import meet

from daffi import callback

g = meet(process_name="provider")
print("ready", g.port, flush=True)
began, let_go = asyncio.Event(), asyncio.Event()


async def main():
    here = asyncio.get_running_loop()

    @callback
    async def waits():
        here.call_soon_threadsafe(began.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(let_go.wait(), here))
        return "answered"

    await began.wait()
    stops = asyncio.ensure_future(g.stop_async())
    while g.is_running:
        await asyncio.sleep(0)
    assert not stops.done()
    let_go.set()
    await stops
    print("over", flush=True)


asyncio.run(main())
