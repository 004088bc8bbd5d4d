"""How a call is timed: every subject, ours or a floor, is measured by these few functions."""

import statistics
import threading
import time
from collections.abc import Callable

BULK_BYTES = 16 << 20
THREADS = 16


def call_times(call: Callable[[], object], count: int) -> dict[str, float]:
    """Median and 99th percentile of sequential calls, in microseconds, after a warm-up."""
    for _ in range(max(20, count // 10)):
        call()
    now = time.perf_counter
    times = []
    for _ in range(count):
        start = now()
        call()
        times.append(now() - start)
    return summary(times)


def summary(times: list[float]) -> dict[str, float]:
    """Microseconds of a list of seconds."""
    times.sort()
    return {
        "p50_us": statistics.median(times) * 1e6,
        "p99_us": times[int(len(times) * 0.99) - 1] * 1e6,
        "max_us": times[-1] * 1e6,
    }


def bulk_rate(send: Callable[[bytes], object], repeats: int) -> float:
    """MiB per second of a 16 MiB `bytes`, the receiver answering a few bytes: the median repeat."""
    payload = b"x" * BULK_BYTES
    send(payload)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        send(payload)
        times.append(time.perf_counter() - start)
    return BULK_BYTES / (1 << 20) / statistics.median(times)


def threads_rate(calls: list[Callable[[], object]], count: int) -> float:
    """Calls per second of one thread for each callable, `count` calls in all."""
    share = count // len(calls)
    gate = threading.Barrier(len(calls) + 1)

    def work(call: Callable[[], object]) -> None:
        gate.wait()
        for _ in range(share):
            call()

    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return share * len(calls) / (time.perf_counter() - start)


def batch_rate(batch: Callable[[], object], size: int, repeats: int) -> float:
    """Calls per second of batches that are each under way as a whole."""
    batch()
    start = time.perf_counter()
    for _ in range(repeats):
        batch()
    return size * repeats / (time.perf_counter() - start)
