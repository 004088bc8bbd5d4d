"""Subjects run in processes of their own, and where asked on one core."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The slowest client takes some seconds; past this something hangs and the run should say so.
PATIENCE = 300


def _command(module: str, arguments: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-m", f"benches.{module}", *arguments]


def _pinned() -> None:
    """Keep this process, and what it starts, on the last core it may use."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@contextmanager
def server(module: str, *arguments: str, pinned: bool = False) -> Iterator[str]:
    """A serving process while the block runs; what is given is the rest of its READY line."""
    process = subprocess.Popen(
        _command(module, arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=_pinned if pinned else None,  # noqa: PLW1509  (this process has one thread)
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("READY"):
            raise RuntimeError(f"benches.{module} did not start: {' '.join(arguments)}")
        yield line.removeprefix("READY").strip()
    finally:
        process.kill()
        process.communicate()


def client(module: str, *arguments: str, pinned: bool = False) -> dict[str, float]:
    """What a measuring process printed as its last line, a JSON object of figures."""
    ran = subprocess.run(
        _command(module, arguments),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=True,
        preexec_fn=_pinned if pinned else None,
    )
    return json.loads(ran.stdout.splitlines()[-1])
