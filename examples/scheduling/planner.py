"""Schedules measurements at the station: again and again, and once in a moment."""

import time

from daffi import FG, PERIOD, Global, ScheduledTask, __body_unknown__, fetcher


@fetcher
def measure(sensor: str) -> None:
    """Run in the station."""
    __body_unknown__(sensor)


@fetcher(FG(timeout=30))
def report(count: int) -> list[str]:
    """Run in the station."""
    __body_unknown__(count)


def main() -> None:
    """Two tasks, what came of them, and the end of the one that would go on."""
    with Global(process_name="planner") as g:
        g.wait_function("report")
        regular: ScheduledTask = measure("roof") & PERIOD(interval="100ms")
        measure("cellar") & PERIOD(at_time=time.time() + 0.25)
        for task in g.get_scheduled_tasks("station"):
            print(task["condition"], task["func_name"])

        for line in report(4):
            print(line)
        print("cancelled:", regular.cancel())


if __name__ == "__main__":
    main()
