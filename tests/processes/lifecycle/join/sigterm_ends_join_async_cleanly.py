"""SIGTERM ends join async cleanly."""

import asyncio
import signal
import sys
import threading
import time

import trio
from place import meet

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


trio.run(main) if sys.argv[1] == "trio" else asyncio.run(main())
