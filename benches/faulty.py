"""The processes of the faults that `benches.faults` measures: one that serves, and callers in trouble."""

import asyncio
import contextlib
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from daffi import BG, BROADCAST, FG, NO_RETURN, DaffiError, Global, callback

MIB = 1 << 20
# How long a call into trouble is given, in seconds: as long as a user who wants an answer would.
GIVEN = 1.0
# How long the callback that computes keeps the interpreter to itself, in seconds.
COMPUTING = 0.05
# After how long a loop that stands still counts as held up for good, in seconds.
FOR_GOOD = 30.0
# How long callers flood, in seconds, and how long a call of theirs works.
FLOOD = 4.0
WORKING = 0.0005


def serve(folder: str, name: str, what: str) -> None:
    """Offer the callbacks of all faults, or be the controller alone, until ended."""
    offer()
    settings: dict[str, Any] = {
        "init_controller": what != "node",
        "init_node": what != "controller",
    }
    g = Global(process_name=name, unix_sock_path=folder, **settings)
    print("READY", os.getpid(), flush=True)
    g.join()


def offer() -> None:
    """Register the callbacks."""

    @callback
    def add(a: int, b: int) -> int:
        return a + b

    @callback
    def size(data: bytes) -> int:
        return len(data)

    @callback
    def compute(data: bytes) -> int:
        until = time.perf_counter() + COMPUTING
        while time.perf_counter() < until:
            pass
        return len(data)

    @callback
    def work() -> None:
        until = time.perf_counter() + WORKING
        while time.perf_counter() < until:
            pass

    @callback
    def slow(seconds: float) -> None:
        time.sleep(seconds)

    @callback
    def large() -> bytes:
        time.sleep(0.002)  # so that the caller is frozen before the first answers
        return b"x" * MIB

    offer_async()


def offer_async() -> None:
    """Register those that wait with `await`."""

    @callback
    async def later(seconds: float) -> bytes:
        await asyncio.sleep(seconds)
        return b"x" * MIB

    @callback
    async def keep(data: bytes) -> int:
        await asyncio.sleep(600)
        return len(data)


def join(folder: str, *processes: str) -> Global:
    """A Global that knows the others."""
    g = Global(process_name=f"caller-{os.getpid()}", unix_sock_path=folder)
    for process in processes:
        g.wait_process(process, timeout=20)
    return g


def told(figure: float) -> None:
    """Print what was measured, and end: what is in trouble may take long to stop, and is not measured."""
    print(json.dumps({"figure": figure}), flush=True)
    os._exit(0)


async def held_up(trouble: Callable[[], Awaitable[object]]) -> float:
    """The longest time for which an event loop stood still while calls were made in it, in milliseconds."""
    longest, over = 0.0, False

    async def tick() -> None:
        nonlocal longest
        last = time.perf_counter()
        while not over:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest, last = max(longest, now - last), now

    giving_up = threading.Timer(FOR_GOOD, lambda: told(FOR_GOOD * 1e3))
    giving_up.start()
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.1)
    longest = 0.0
    with contextlib.suppress(DaffiError, TimeoutError, OSError):
        await asyncio.wait_for(trouble(), GIVEN)
    await asyncio.sleep(0.05)
    over = True
    await ticking
    giving_up.cancel()
    return longest * 1e3


def in_every_style(g: Global, name: str, *args: object) -> Callable[[], Awaitable[object]]:
    """A call awaited, and sent in the two styles that wait for nothing."""

    async def calls() -> None:
        for style in (BG(timeout=GIVEN), NO_RETURN):
            with contextlib.suppress(DaffiError):
                getattr(g.call, name)(*args) & style
        await (getattr(g.call, name)(*args) & FG)

    return calls


def loop(fault: str, folder: str, controller: int, worker: int) -> float:
    """How long one fault holds up an event loop, in milliseconds."""
    g = join(folder, "worker")
    if fault in {"frozen, met", "does not read", "computes"}:
        assert g.call.add(1, 2).fg() == 3
    trouble = in_every_style(g, "add", 1, 2)
    match fault:
        case "frozen, not met" | "frozen, met":
            os.kill(worker, signal.SIGSTOP)
        case "controller frozen":
            os.kill(controller, signal.SIGSTOP)
        case "controller dead":
            os.kill(controller, signal.SIGKILL)
        case "no descriptors":
            asyncio.run(asyncio.sleep(0))  # a loop needs some of its own, which come back
            trouble = without_descriptors(trouble)
        case "does not read":
            os.kill(worker, signal.SIGSTOP)
            trouble = in_every_style(g, "size", bytes(4 * MIB))
        case "computes":
            data = bytes(MIB)

            async def many() -> None:
                await asyncio.gather(*(g.call.compute(data) & FG for _ in range(30)))

            trouble = many
    return asyncio.run(held_up(trouble))


def highest_descriptor() -> int:
    """The number of the last that is open here."""
    return max(int(path.name) for path in Path("/proc/self/fd").iterdir())


def without_descriptors(
    trouble: Callable[[], Awaitable[object]],
) -> Callable[[], Awaitable[object]]:
    """The same while the system gives this process no more of them."""

    async def calls() -> None:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest_descriptor(), before[1]))
        try:
            await trouble()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    return calls


def broadcast(folder: str, workers: list[int]) -> float:
    """Seconds of a broadcast that is given 2 s, with so many frozen receivers."""
    g = join(folder, *(f"worker-{number}" for number in range(len(workers))))
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    start = time.perf_counter()
    g.call.add(1, 2) & BROADCAST(timeout=2, return_result=True)
    return time.perf_counter() - start


def stop_reading(folder: str, count: int, *, at_once: bool) -> None:
    """Ask for large answers, and freeze before they come: one after the other, or `at_once`, 3 s later."""
    g = join(folder, "worker")
    assert g.call.add(1, 2).fg() == 3
    results = []
    for _ in range(count):
        try:
            results.append((g.call.later(3.0) if at_once else g.call.large()) & BG)
        except DaffiError:
            break
    print("READY", len(results), flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)


def give(folder: str, count: int) -> None:
    """Give an async callback as much as it takes, for a while."""
    g = join(folder, "worker")
    data, sent, until = bytes(MIB), 0, time.monotonic() + 10
    results: list[object] = []
    while sent < count and time.monotonic() < until:
        try:
            results.append(g.call.keep(data) & BG)
            sent += 1
        except DaffiError:
            time.sleep(0.01)  # a bound: there may be room soon, or never
    print("READY", sent, flush=True)
    time.sleep(600)  # until it is ended


def flood(folder: str) -> None:
    """Have more work under way at the callee than it ever gets done."""
    g = join(folder, "worker")
    print("READY", flush=True)
    while True:
        try:
            g.call.work() & NO_RETURN
        except DaffiError:
            time.sleep(0.001)  # a bound: there is room soon


def beside(folder: str) -> float:
    """Calls per second of one that waits for each answer."""
    g = join(folder, "worker")
    done, until = 0, time.monotonic() + FLOOD
    while (left := until - time.monotonic()) > 0:
        try:
            g.call.add(1, 2) & FG(timeout=left)
            done += 1
        except DaffiError:
            break
    return done / FLOOD


def burst(folder: str, worker: int) -> float:
    """How many threads more the callee has, 15 s after as many slow calls as 200."""
    g = join(folder, "worker")
    assert g.call.add(1, 2).fg() == 3

    def threads() -> int:
        return len(list(Path(f"/proc/{worker}/task").iterdir()))

    before = threads()
    for result in [g.call.slow(1.0) & BG for _ in range(200)]:
        result.get()
    time.sleep(15)  # what is measured
    return threads() - before


if __name__ == "__main__":
    figure: float | None = None
    match sys.argv[1:]:
        case ["serve", folder, name, what]:
            serve(folder, name, what)
        case ["loop", fault, folder, controller, worker]:
            figure = loop(fault, folder, int(controller), int(worker))
        case ["broadcast", folder, *workers]:
            figure = broadcast(folder, [int(worker) for worker in workers])
        case ["stop_reading" | "stop_reading_all" as which, folder, count]:
            stop_reading(folder, int(count), at_once=which == "stop_reading_all")
        case ["give", folder, count]:
            give(folder, int(count))
        case ["flood", folder]:
            flood(folder)
        case ["beside", folder]:
            figure = beside(folder)
        case ["burst", folder, worker]:
            figure = burst(folder, int(worker))
    if figure is not None:
        told(figure)
