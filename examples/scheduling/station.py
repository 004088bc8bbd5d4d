"""Measures when it is told to, and is where the processes meet."""

import itertools
import threading

from daffi import Global, callback

measured: list[str] = []
more = threading.Semaphore(0)
degrees = itertools.count(20)


@callback
def measure(sensor: str) -> None:
    """Take one measurement."""
    measured.append(f"{sensor}: {next(degrees)} °C")
    more.release()


@callback
def report(count: int) -> list[str]:
    """Wait for so many more measurements and give all there are."""
    for _ in range(count):
        more.acquire()
    return measured


if __name__ == "__main__":
    with Global(init_controller=True, process_name="station") as g:
        g.join()  # until Ctrl+C
