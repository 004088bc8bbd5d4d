"""daffi as its users run it: one process with the controller and callbacks, one that calls."""

import asyncio
import json
import sys
import time
from typing import Any

from benches.clock import THREADS, batch_rate, bulk_rate, call_times, summary, threads_rate
from daffi import BG, FG, Global, callback, fetcher

IN_FLIGHT = 64
# How long the slow callback sleeps while a fast one is called, in seconds.
SLOW = 0.1


def settings(transport: str, where: str) -> dict[str, Any]:
    """Settings of Global for `unix`, `tcp` (no unix socket at all) and `relay` (never direct)."""
    match transport:
        case "tcp":
            return {"host": "localhost", "port": where or None, "direct": "tcp"}
        case "relay":
            return {"unix_sock_path": where, "direct": False}
        case _:
            return {"unix_sock_path": where}


def serve(transport: str, path: str) -> None:
    """Offer three callbacks until ended."""

    @callback
    def add(a: int, b: int) -> int:
        return a + b

    @callback
    def size(data: bytes) -> int:
        return len(data)

    @callback
    def slow() -> None:
        time.sleep(SLOW)

    where = "" if transport == "tcp" else path
    g = Global(process_name="server", init_controller=True, **settings(transport, where))
    print("READY", g.port if transport == "tcp" else path, flush=True)
    g.join()


@fetcher(FG)
def add(a: int, b: int) -> int: ...


@fetcher(FG)
def size(data: bytes) -> int: ...


def measure(transport: str, where: str, *, count: int, everything: bool) -> dict[str, float]:
    """The same figures as the floor's, and what only a system of calls has."""
    g = Global(process_name="client", **settings(transport, where))
    g.wait_function("slow", timeout=30)
    figures = call_times(lambda: add(1, 2), count)
    if everything:
        in_background = fetcher(BG)(add_in_background)

        def batch() -> None:
            for result in [in_background(1, 2) for _ in range(IN_FLIGHT)]:
                result.get()

        figures["bulk_mib_s"] = bulk_rate(size, 8)
        figures["in_flight_s"] = batch_rate(batch, IN_FLIGHT, count // 10)
        figures["threads_s"] = threads_rate([lambda: add(1, 2)] * THREADS, count * 4)
        beside = beside_slow(g, repeats=max(3, count // 200))
        figures |= asyncio.run(awaited(count))
        figures |= {f"beside_slow_{name}": value for name, value in beside.items()}
    g.stop()
    return figures


async def awaited(count: int) -> dict[str, float]:
    """Times of a call that one task awaits, and calls per second of many tasks."""
    call = fetcher(FG)(add_async)
    now = time.perf_counter
    times = []
    for _ in range(count):
        start = now()
        await call(1, 2)
        times.append(now() - start)
    figures = {f"await_{name}": value for name, value in summary(times).items()}
    share = count // 10

    async def task() -> None:
        for _ in range(share):
            await call(1, 2)

    start = now()
    await asyncio.gather(*(task() for _ in range(IN_FLIGHT)))
    figures["await_tasks_s"] = IN_FLIGHT * share / (now() - start)
    return figures


async def add_async(a: int, b: int) -> int: ...


def add_in_background(a: int, b: int) -> int: ...


for function in (add_in_background, add_async):
    function.__name__ = function.__qualname__ = "add"


def beside_slow(g: Global, repeats: int) -> dict[str, float]:
    """Times of a fast call while another callback of the same process sleeps."""
    times = []
    for _ in range(repeats):
        sleeping = g.call.slow() & BG
        while not sleeping.ready:
            start = time.perf_counter()
            add(1, 2)
            times.append(time.perf_counter() - start)
        sleeping.get()
    return summary(times)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", transport, path]:
            serve(transport, path)
        case ["measure", transport, where, count, everything]:
            figures = measure(
                transport, where, count=int(count), everything=everything == "everything"
            )
            print(json.dumps(figures))
