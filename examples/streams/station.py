"""Takes the measurements of the sensor, one at a time; there are several of it, with a name each."""

import sys

from daffi import Global, callback

seen: list[float] = []


@callback
def measured(celsius: float) -> None:
    """Keep one measurement."""
    seen.append(celsius)


@callback
def summary() -> str:
    """Say what came in."""
    return f"{len(seen)} measurements, {min(seen):.1f} to {max(seen):.1f} degrees"


if __name__ == "__main__":
    name = sys.argv[1]
    with Global(init_controller=name == "north", process_name=name) as g:
        g.join()  # until Ctrl+C
