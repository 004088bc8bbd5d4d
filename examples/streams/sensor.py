"""Measures, and streams what it measures to all stations."""

import math
from collections.abc import Iterator

from daffi import FG, STREAM, Global

STATIONS = ("north", "south")
MEASUREMENTS = 50_000


def measurements() -> Iterator[float]:
    """Give a day of measurements, made one by one: they are never all in memory."""
    for number in range(MEASUREMENTS):
        yield 15 + 10 * math.sin(2 * math.pi * number / MEASUREMENTS)


def main() -> None:
    """Stream to every station, then ask each what it has."""
    with Global(process_name="sensor") as g:
        for station in STATIONS:
            g.wait_process(station)
        g.call.measured(measurements()) & STREAM
        for station in STATIONS:
            print(f"{station}: {g.call.summary() & FG(node=station)}")


if __name__ == "__main__":
    main()
