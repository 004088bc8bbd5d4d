"""The process called caller in test_frozen_controller.py."""

import asyncio
import signal
import threading

from place import meet

from daffi import BG, FG, STREAM, fetcher

# Blocked before there are threads, so that it waits for whoever asks.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


@fetcher(FG)
async def add(a, b): ...


async def awaited():
    return await add(1, 2)


STYLES = {
    "fg": lambda: g.call.add(1, 2) & FG,
    "bg": lambda: (g.call.add(1, 2) & BG).get(),
    "await": lambda: asyncio.run(awaited()),
    "stream": lambda: g.call.add(iter([(1, 2)])) & STREAM,
}
lock = threading.Lock()


def run(name, style):
    try:
        outcome = style()
    except Exception as error:
        outcome = error
    with lock:
        print(f"{name}: {type(outcome).__name__} {outcome}", flush=True)


g = meet(process_name="caller")
g.wait_function("add", timeout=20)
print("there", flush=True)
signal.sigwait({signal.SIGUSR1})
threads = [threading.Thread(target=run, args=pair) for pair in STYLES.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("all ended", flush=True)
g.stop()
