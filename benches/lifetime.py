"""What daffi costs before and between calls: import, start, memory, and doing nothing."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benches.process import ROOT, server

BARE = "import sys, time; print(0.0, open('/proc/self/statm').read().split()[1])"
IMPORTED = "import daffi; " + BARE
NODE = """
import sys, time
from daffi import Global
start = time.perf_counter()
g = Global(process_name="node", unix_sock_path=sys.argv[1])
took = time.perf_counter() - start
print(took, open('/proc/self/statm').read().split()[1])
g.stop()
"""
CONTROLLER = NODE.replace('"node"', '"both", init_controller=True')
IDLE = """
import sys, time
from daffi import FG, Global
g = Global(process_name="idle", unix_sock_path=sys.argv[1])
g.wait_function("add")
assert (g.call.add(1, 2) & FG) == 3
time.sleep(1)
start, wall = time.process_time(), time.monotonic()
time.sleep(float(sys.argv[2]))
print((time.process_time() - start) / (time.monotonic() - wall), 0)
g.stop()
"""
PAGE = 4096
# Starting a process varies by several milliseconds: so many pairs make one figure.
STARTS = 5


def _run(source: str, *arguments: str) -> tuple[float, float, int]:
    """Wall seconds of the process, the figure it printed, and its resident bytes."""
    start = time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-c", source, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    wall = time.perf_counter() - start
    figure, pages = ran.stdout.split()
    return wall, float(figure), int(pages) * PAGE


def measure(folder: Path, *, idle_seconds: float) -> dict[str, float]:
    """One round, in milliseconds, MiB, and milliseconds of CPU a second."""
    pairs = [(_run(BARE), _run(IMPORTED)) for _ in range(STARTS)]
    import_seconds = statistics.median(imported[0] - bare[0] for bare, imported in pairs)
    _, _, bare_bytes = pairs[0][0]
    _, both_ready, _ = _run(CONTROLLER, str(folder / "alone"))
    with server("ours", "serve", "unix", str(folder / "idle")) as where:
        _, node_ready, node_bytes = _run(NODE, where)
        _, idle, _ = _run(IDLE, where, str(idle_seconds))
    return {
        "import_ms": import_seconds * 1e3,
        "ready_ms": max(both_ready, node_ready) * 1e3,
        "memory_mib": (node_bytes - bare_bytes) / (1 << 20),
        "idle_ms_s": idle * 1e3,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), idle_seconds=3)))
