"""Finds Python programs inside string literals of tests: there they are not formatted, not linted, not typed.

Run by `cargo xtask lint`, with the folder of the project. Prints what it finds and fails if there is anything.
"""

import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

# More lines than these are a file of their own. 10: what a reader takes in beside the assertion that it serves.
MOST_LINES = 10

# Tests that still have some. An entry that is no longer needed is a finding.
STILL = (
    "tests/processes/awaiting/test_cancelled_tasks.py",
    "tests/processes/callbacks/test_async.py",
    "tests/processes/callbacks/test_at_once.py",
    "tests/processes/callbacks/test_blocking_in_async_callbacks.py",
    "tests/processes/callbacks/test_callback_loop.py",
    "tests/processes/callbacks/test_context_variables.py",
    "tests/processes/callbacks/test_own_global.py",
    "tests/processes/callbacks/test_registering.py",
    "tests/processes/calls/test_choosing.py",
    "tests/processes/calls/test_pipelines.py",
    "tests/processes/errors/test_error_tree.py",
    "tests/processes/errors/test_logging.py",
    "tests/processes/errors/test_refused_calls.py",
    "tests/processes/fetchers/test_callback_and_fetcher.py",
    "tests/processes/fetchers/test_fetcher_arguments.py",
    "tests/processes/forks/test_forked_in_callback.py",
    "tests/processes/lifecycle/test_nested_with.py",
    "tests/processes/results/test_interrupted.py",
    "tests/processes/results/test_slow_done_callbacks.py",
    "tests/processes/scheduling/test_schedule.py",
    "tests/processes/scheduling/test_schedule_awaited.py",
    "tests/processes/scheduling/test_scheduled_runs.py",
    "tests/processes/streams/test_stream_edges.py",
    "tests/processes/streams/test_streams.py",
    "tests/processes/streams/test_streams_at_the_end.py",
    "tests/unit/test_support.py",
    "tests/unit/values/test_transferred.py",
)

# What stands for a value that is put in later: `{name}`, `{name!r}`, `%s`, `%(name)r`, `$name`.
PLACEHOLDER = re.compile(r"\{\w*(![rsa])?\}|%(\(\w+\))?[sdr]|\$\{?\w+\}?")

# How a line begins that is a statement in Python and a sentence nowhere.
STATEMENT = re.compile(
    r"^\s*(import \w|from [\w.]+ import |(async )?def \w+\(|class \w+[:(]|@\w|\w+ = |\w[\w.]*\(.*\)$)",
    re.MULTILINE,
)


def main(root: Path) -> int:
    """Prints what is found below the root; the exit status of the process."""
    found = exempt(list(findings(root)), STILL)
    for finding in found:
        print(finding)
    return 1 if found else 0


def findings(root: Path) -> Iterator[str]:
    """One line for each program in a string of a test."""
    for path in sorted((root / "tests").rglob("*.py")):
        for line, length in programs(path.read_text()):
            yield (
                f"{path.relative_to(root).as_posix()}:{line}: a program of {length} lines in a string, "
                f"at most {MOST_LINES}; hint: a file of its own beside the test"
            )


def exempt(found: list[str], still: tuple[str, ...]) -> list[str]:
    """What is found and not exempt, and the exemptions that nothing needs."""
    left = [finding for finding in found if not finding.startswith(still)]
    unneeded = [path for path in still if not any(finding.startswith(path) for finding in found)]
    left += [
        f"xtask/python/programs_in_strings.py: nothing is exempt any more: {path}"
        for path in unneeded
    ]
    return left


def programs(text: str) -> Iterator[tuple[int, int]]:
    """Line and length of each string of a file that holds a program that is too long."""
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or id(node) in docstrings | inside:
            continue
        string = string_of(node)
        if string is not None:
            lines = [line for line in string.splitlines() if line.strip()]
            if len(lines) > MOST_LINES and is_program(string):
                yield node.lineno, len(lines)


def string_of(node: ast.AST) -> str | None:
    """The text of a string literal; where a value comes in, a name stands."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [
            string_of(part) if isinstance(part, ast.Constant) else "_value" for part in node.values
        ]
        return "".join(part or "" for part in parts)
    return None


def is_program(string: str) -> bool:
    """Whether it is Python that does something: more than names and literals."""
    text = textwrap.dedent(PLACEHOLDER.sub("_value", string))
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        # What is put in later may be whole lines.
        return len(STATEMENT.findall(text)) > 1
    return any(does_something(statement) for statement in body)


def does_something(statement: ast.stmt) -> bool:
    """Whether a statement is more than an expression without a call."""
    if not isinstance(statement, ast.Expr):
        return True
    return any(isinstance(part, (ast.Call, ast.Await, ast.Yield)) for part in ast.walk(statement))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
