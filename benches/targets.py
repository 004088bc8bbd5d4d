"""The table: what is measured, beside what, and the aim. Ratios hold on any machine, times do not."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table: a figure of ours, a floor's figure beside it, and the aim."""

    name: str
    ours: str
    floor: str | None = None
    unit: str = "µs"
    at_most: float | None = None
    at_least: float | None = None
    # Whether the aim is about the ratio to the floor or about the figure itself.
    by_ratio: bool = False

    def target(self) -> str:
        """The aim in words."""
        sign, aim = ("≤", self.at_most) if self.at_most is not None else ("≥", self.at_least)
        if aim is None:
            return ""
        return f"{sign} {aim:g}" + (" of the floor" if self.by_ratio else f" {self.unit}")

    def verdict(self, figure: float, ratio: float | None) -> str:
        """Whether the aim is reached; empty where there is none."""
        value = ratio if self.by_ratio else figure
        if value is None or (self.at_most is None and self.at_least is None):
            return ""
        reached = value <= self.at_most if self.at_most is not None else value >= self.at_least
        return "yes" if reached else "NO"


def _calls(name: str, key: str, loose: float, pinned: float) -> list[Row]:
    """Medians and tails of one transport, unpinned and pinned, beside the raw unix socket pair."""
    rows = []
    for suffix, words, aim in (("", "unpinned", loose), ("_pin", "one core", pinned)):
        floor = f"raw_unix{suffix}"
        rows += [
            Row(
                f"{name}, p50, {words}",
                f"{key}{suffix}.p50_us",
                f"{floor}.p50_us",
                at_most=aim,
                by_ratio=True,
            ),
            Row(f"{name}, p99, {words}", f"{key}{suffix}.p99_us", f"{floor}.p99_us"),
        ]
    return rows


ROWS = [
    *_calls("FG add(1, 2), unix socket", "unix", 0.25, 1.0),
    *_calls("FG add(1, 2), TCP loopback", "tcp", 0.4, 1.3),
    Row("the same beside raw TCP, unpinned", "tcp.p50_us", "raw_tcp.p50_us"),
    Row("the same beside raw TCP, one core", "tcp_pin.p50_us", "raw_tcp_pin.p50_us"),
    *_calls("FG add(1, 2), through the relay", "relay", 1.5, 2.5),
    Row("16 threads", "unix.threads_s", "raw_unix.threads_s", "calls/s", at_least=80_000),
    Row("64 BG in flight", "unix.in_flight_s", "raw_unix.in_flight_s", "calls/s", at_least=200_000),
    Row("await add(1, 2), p50", "unix.await_p50_us", "raw_unix.p50_us"),
    Row("64 tasks that await", "unix.await_tasks_s", "raw_unix.in_flight_s", "calls/s"),
    Row("fast call beside a sleeping one, p50", "unix.beside_slow_p50_us", at_most=150),
    Row("fast call beside a sleeping one, max", "unix.beside_slow_max_us", at_most=2000),
    Row(
        "16 MiB bytes argument",
        "unix.bulk_mib_s",
        "raw_unix.bulk_mib_s",
        "MiB/s",
        at_least=1.0,
        by_ratio=True,
    ),
    Row("16 MiB bytes argument, TCP", "tcp.bulk_mib_s", "raw_tcp.bulk_mib_s", "MiB/s"),
    Row("idle process with a live node", "life.idle_ms_s", unit="ms CPU/s", at_most=1),
    Row("import daffi over bare Python", "life.import_ms", unit="ms", at_most=60),
    Row("Global(...) ready", "life.ready_ms", unit="ms", at_most=50),
    Row("memory of a node over bare Python", "life.memory_mib", unit="MiB", at_most=30),
]

# How several rounds become one figure: a worst case is never averaged away.
MERGE: dict[str, Callable[[list[float]], float]] = {"max_us": max, "beside_slow_max_us": max}
