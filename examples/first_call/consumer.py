"""Calls the publisher's function as if it were its own, and says how long a call takes."""

import statistics
import time

from daffi import FG, Global, __body_unknown__, fetcher

# Enough for a steady median, and over in a moment.
CALLS = 2000


@fetcher(FG)
def add_up(first: int, second: int) -> int:
    """Run in the publisher; the body here is never used."""
    __body_unknown__(first, second)


def main() -> None:
    """One call for its result, many for their time."""
    with Global(process_name="consumer") as g:
        g.wait_function("add_up")
        print(f"Result = {add_up(5, 15)}")

        times: list[float] = []
        for _ in range(CALLS):
            start = time.perf_counter()
            add_up(5, 15)
            times.append(time.perf_counter() - start)
        print(f"median of {CALLS} calls: {statistics.median(times) * 1e6:.1f} µs")


if __name__ == "__main__":
    main()
