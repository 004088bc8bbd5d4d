"""The examples run as they stand."""

import re
import subprocess
import sys

import pytest
from page import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*/run.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_runs_and_ends_cleanly(example):
    ran = subprocess.run(
        [sys.executable, "-W", "error", example],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""


def test_the_first_call_shows_its_result_and_its_time():
    example = ROOT / "examples" / "first_call" / "run.py"
    ran = subprocess.run(
        [sys.executable, example], capture_output=True, text=True, timeout=50, check=True
    )
    assert ran.stdout.splitlines()[0] == "Result = 20"
    assert re.search(r"^median of \d+ calls: \d+\.\d µs$", ran.stdout, re.MULTILINE)
