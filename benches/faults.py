"""What trouble costs: event loops that are held up, memory that grows, callers that get no turn.

`python -m benches.faults` measures each fault in fresh processes and prints one table. It runs with any version of
daffi that `PYTHONPATH` names, so that two can be compared.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benches.process import client, server

PAGE = 4096
# How long memory must stay the same to have come to rest, in seconds, and how long that may take.
AT_REST = 2.0
PATIENCE = 30.0
# What is shown of a loop that is held up for good, in milliseconds; `benches.faulty` gives up after that.
FOR_GOOD = 30_000


@dataclass
class Place:
    """Where the processes of one fault meet, and their process ids."""

    folder: str
    controller: int
    workers: list[int]


@contextmanager
def place(*, workers: int = 1, apart: bool = False) -> Iterator[Place]:
    """A controller and workers, all in processes of their own where `apart`; else the only worker is both."""
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder, ExitStack() as stack:

        def start(name: str, what: str) -> int:
            return int(stack.enter_context(server("faulty", "serve", folder, name, what)))

        if not apart:
            both = start("worker", "both")
            yield Place(folder, both, [both])
            return
        controller = start("controller", "controller")
        names = ["worker"] if workers == 1 else [f"worker-{number}" for number in range(workers)]
        yield Place(folder, controller, [start(name, "node") for name in names])


def loop(fault: str) -> float:
    """The longest time for which a fault holds up an event loop, in milliseconds."""
    with place(apart=True) as here:
        ids = str(here.controller), str(here.workers[0])
        return client("faulty", "loop", fault, here.folder, *ids)["figure"]


def broadcast(frozen: int) -> float:
    """Seconds of `BROADCAST(timeout=2)` with so many frozen receivers."""
    # One more than is frozen keeps the names of all alike; it answers.
    with place(workers=frozen + 1, apart=True) as here:
        ids = [str(worker) for worker in here.workers[:frozen]]
        return client("faulty", "broadcast", here.folder, *ids)["figure"]


def memory(role: str, count: int, *, later: float = 0) -> float:
    """By how many MiB a callee has grown when what `role` asks of it has come to rest, and so many seconds later."""
    with place() as here:
        worker = here.workers[0]
        before = resident(worker)
        with server("faulty", role, here.folder, str(count)):
            most = at_rest(worker)
            time.sleep(later)  # as long as a caller is given
            return ((resident(worker) if later else most) - before) / (1 << 20)


def resident(process: int) -> int:
    """Bytes of memory that a process has in use."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE


def at_rest(process: int) -> int:
    """The most memory that a process comes to have."""
    most, since = 0, time.monotonic()
    end = since + PATIENCE
    # The answers that are asked for come 3 s later.
    while time.monotonic() < min(end, since + 3 + AT_REST):
        now = resident(process)
        if now > most * 1.01:
            most, since = now, time.monotonic()
        time.sleep(0.05)  # memory tells nobody of its growth
    return most


def beside() -> float:
    """Calls per second of a process beside two that flood the same callee."""
    with place() as here, ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(server("faulty", "flood", here.folder))
        return client("faulty", "beside", here.folder)["figure"]


def burst() -> float:
    """How many threads are left 15 s after a burst of 200 calls."""
    with place() as here:
        return client("faulty", "burst", here.folder, str(here.workers[0]))["figure"]


ROWS: list[tuple[str, str, Callable[[], float]]] = [
    ("loop held up: callee frozen, not yet met", "ms", lambda: loop("frozen, not met")),
    ("loop held up: callee frozen, met", "ms", lambda: loop("frozen, met")),
    ("loop held up: controller frozen, callee not yet met", "ms", lambda: loop("controller frozen")),
    ("loop held up: controller dead, callee not yet met", "ms", lambda: loop("controller dead")),
    ("loop held up: no descriptors left", "ms", lambda: loop("no descriptors")),
    ("loop held up: 30 awaited calls with 1 MiB to a computing callee", "ms", lambda: loop("computes")),
    ("loop held up: 4 MiB to a callee that does not read", "ms", lambda: loop("does not read")),
    ("BROADCAST(timeout=2), 1 receiver frozen", "s", lambda: broadcast(1)),
    ("BROADCAST(timeout=2), 2 receivers frozen", "s", lambda: broadcast(2)),
    ("BROADCAST(timeout=2), 4 receivers frozen", "s", lambda: broadcast(4)),
    ("callee grows: 700 answers of 1 MiB to a caller that stops reading", "MiB", lambda: memory("stop_reading", 700)),
    ("callee grows: the same, all under way in an async callback", "MiB", lambda: memory("stop_reading_all", 700)),
    ("callee grows: the same, 30 s later", "MiB", lambda: memory("stop_reading_all", 700, later=30)),
    ("callee grows: 3,000 arguments of 1 MiB to an async callback", "MiB", lambda: memory("give", 3000)),
    ("calls of a third process beside two that flood", "calls/s", beside),
    ("threads left 15 s after a burst of 200 slow calls", "", burst),
]  # fmt: skip


def shown(figure: float, unit: str) -> str:
    """A figure as people read it."""
    if unit == "ms" and figure >= FOR_GOOD:
        return f"{FOR_GOOD:,.0f} ms and more"
    return f"{figure:.1f} s" if unit == "s" else f"{figure:,.0f} {unit}"


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="benches.faults", description=__doc__)
    parser.add_argument("--only", default="", help="only rows whose name contains this")
    options = parser.parse_args()
    print("| what | figure |\n|---|---|", flush=True)
    for name, unit, measure in ROWS:
        if options.only not in name:
            continue
        try:
            figure = shown(measure(), unit)
        except Exception as error:  # noqa: BLE001 - a fault that ends its measurement is a row, too
            figure = f"failed: {type(error).__name__}"
        print(f"| {name} | {figure.strip()} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
