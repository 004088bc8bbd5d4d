"""The process called caller in test_frozen.py."""

import asyncio
import signal
import threading

from place import meet

from daffi import BG, BROADCAST, FG, STREAM, fetcher

# Blocked before there are threads, so that it waits for whoever asks.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})


def hold():
    import threading

    threading.Event().wait()


async def awaited():
    @fetcher(FG)
    async def hold_async(): ...

    return await hold_async()


def iterated():
    for number in g.call.count() & FG:
        assert number == 1


def broadcast():
    outcome = (g.call.hold() & BROADCAST(return_result=True))["worker"]
    assert isinstance(outcome, Exception), outcome
    raise outcome


STYLES = {
    "fg": lambda: g.call.hold() & FG,
    "bg": lambda: (g.call.hold() & BG).get(),
    "eta": lambda: (g.call.hold() & BG(eta=3600)).get(),
    "await": lambda: asyncio.run(awaited()),
    "broadcast": broadcast,
    "stream": lambda: g.call.hold(iter(range(9))) & STREAM,
    "generator": iterated,
    "transfer": lambda: g.transfer_and_call("worker", hold),
}
LATER = {
    "a new call": lambda: g.call.hold() & FG,
    "a large argument": lambda: g.call.hold(bytes(16 << 20)) & FG,
    "tasks": lambda: g.get_scheduled_tasks("worker"),
}
g = meet(process_name="caller")
g.wait_function("slowly", timeout=20)
assert (g.call.slowly(0) & FG) == "done"
lock = threading.Lock()


def run(name, style):
    try:
        outcome = style()
    except Exception as error:
        outcome = error
    with lock:
        print(f"{name}: {type(outcome).__name__} {outcome}", flush=True)


def begin(styles):
    threads = [threading.Thread(target=run, args=pair) for pair in styles.items()]
    for thread in threads:
        thread.start()
    return threads


threads = begin(STYLES)
print("begun", flush=True)
signal.sigwait({signal.SIGUSR1})
threads += begin(LATER)
for thread in threads:
    thread.join()
print("all ended", flush=True)
g.stop()
