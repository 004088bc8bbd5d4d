"""Every promise of docs/promises.md names tests that exist."""

import re

from page import ROOT

PAGE = ROOT / "docs" / "promises.md"
HEADS = {"promise", "---"}
# `path::name`, as pytest and readers write it.
TEST = re.compile(r"`([\w/.-]+)::(\w+)`")


def promises():
    """Each promise with what is said to hold it."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and cells[0] not in HEADS and not line.startswith("|---"):
            yield " | ".join(cells[:-1]), cells[-1]


ROWS = list(promises())


def fault(held_by):
    """What is wrong with what is said to hold a promise; empty where nothing is."""
    tests = TEST.findall(held_by)
    if not tests or TEST.sub("", held_by).replace("<br>", ""):
        return "no test, or more than tests"
    missing = []
    for path, name in tests:
        text = (ROOT / path).read_text() if (ROOT / path).exists() else ""
        if not re.search(rf"^\s*(async )?(def|fn) {name}\b", text, re.MULTILINE):
            missing.append(f"{path}::{name}")
    return ", ".join(missing)


def test_every_promise_is_held_by_tests_that_exist():
    assert len(ROWS) > 400
    faults = {promise: found for promise, held_by in ROWS if (found := fault(held_by))}
    assert not faults, faults


def test_no_promise_is_made_twice():
    made = [promise for promise, _ in ROWS]
    assert len(made) == len(set(made))
