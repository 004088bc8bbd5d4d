"""The script of a test: after two tasks joined the handler of sigterm is what it was."""

import asyncio
import signal

from place import meet

came = []
signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
before = signal.getsignal(signal.SIGTERM)


async def main():
    g = meet(init_controller=True)
    tasks = [asyncio.create_task(g.join_async()) for _ in range(3)]
    await asyncio.sleep(0)
    assert signal.getsignal(signal.SIGTERM) is not before
    tasks[0].cancel()
    await asyncio.wait(tasks)
    assert not g.is_running


asyncio.run(main())
assert signal.getsignal(signal.SIGTERM) is before
assert came == []
