"""The examples run as they stand."""

import re
import subprocess
import sys

import pytest
from page import ROOT

RUN = ROOT / "examples" / "run.py"
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if list(path.glob("*.py")))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs_and_ends_cleanly(example):
    ran = subprocess.run(
        [sys.executable, "-W", "error", RUN, example],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    assert ran.stdout


def test_the_first_call_shows_its_result_and_its_time():
    ran = subprocess.run(
        [sys.executable, RUN, "first_call"], capture_output=True, text=True, timeout=50, check=True
    )
    assert ran.stdout.splitlines()[0] == "Result = 20"
    assert re.search(r"^median of \d+ calls: \d+\.\d µs$", ran.stdout, re.MULTILINE)
