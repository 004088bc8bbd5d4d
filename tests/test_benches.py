"""The benches still run: a figure is never a test, but a bench that broke unseen is no bench."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.timeout(120)
def test_a_quick_run_fills_the_table(folder):
    figures = folder / "bench.json"
    ran = subprocess.run(
        [sys.executable, "-m", "benches", "--quick", "--json", figures],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    table = [line for line in ran.stdout.splitlines() if line.startswith("| ")]
    assert len(table) > 20, ran.stdout
    only = json.loads(figures.read_text())["rounds"][0]
    assert {"raw_unix", "unix", "tcp", "relay", "life", "relay_pin"} <= set(only)


@pytest.mark.timeout(120)
def test_what_faults_cost_is_measured():
    ran = subprocess.run(
        [sys.executable, "-m", "benches.faults", "--only", "callee frozen, met"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    *_, row = ran.stdout.splitlines()
    assert row.startswith("| loop held up: callee frozen, met | "), ran.stdout
    assert "failed" not in row, ran.stdout + ran.stderr
