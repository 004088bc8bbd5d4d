"""Processes that share a folder meet there, also where they have no number for each other, as in two containers."""

import subprocess
import sys

# What a process may do to have numbers of its own; where it may do neither, it meets the others as it is.
WAYS = (
    ["unshare", "--pid", "--fork", "--kill-child"],
    ["unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child"],
    [],
)


def own_numbers() -> list[str]:
    """The command that gives what follows a namespace of its own for process numbers."""
    return next(way for way in WAYS if not way or is_allowed(way))


def is_allowed(way: list[str]) -> bool:
    try:
        return subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def test_processes_of_different_pid_namespaces_meet(serve, run, place, folder):
    # A peer without a number here was refused, with "Success" as the reason.
    outside = serve(
        """
        from daffi import FG, callback
        from place import meet, stay

        @callback
        def outer():
            return "outer"

        g = meet(process_name="outside")
        stay(g)
        """,
        name="outside",
    )
    (folder / "inside.py").write_text("""
from daffi import FG, callback
from place import meet

@callback
def inner():
    return "inner"

g = meet(process_name="inside")
g.wait_function("outer", timeout=10)
print(g.call.outer() & FG(timeout=10), flush=True)
g.join()
""")
    inside = run(
        f"import os\nos.execvp({(own_numbers() or [sys.executable])[0]!r}, "
        f"{[*own_numbers(), sys.executable, '-u', 'inside.py']!r})",
        settings=place.there,
    )
    inside.wait_for("^outer$")
    caller = run(
        """
        from daffi import FG
        from place import meet
        with meet() as g:
            g.wait_function("inner", timeout=10)
            print(g.call.inner() & FG(timeout=10))
        """,
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output
    assert caller.output == "inner"
    inside.close()
    outside.end()
