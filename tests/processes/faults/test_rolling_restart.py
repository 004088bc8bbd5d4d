"""Workers that are replaced one after the other under load: no call fails, and each runs once, in every style."""

import signal
from collections import Counter

from script import programs

PROGRAMS = programs(__file__)


WORKER = PROGRAMS / "worker.py"
CALLER = PROGRAMS / "caller.py"


def test_no_call_fails_or_runs_twice_while_workers_are_replaced(serve, join, folder):
    serve("from place import meet, stay; stay(meet(init_node=False))", name="controller")
    old = join(WORKER, "worker-0", name="worker-0")
    old.wait_for("^ready")
    caller = join(CALLER, name="caller")
    caller.wait_for("^calling$")
    for number in range(1, 7):
        name = f"worker-{number}"
        new = join(WORKER, name, name=name)
        new.wait_for("^ready")
        old.end()
        old = new
    caller.signal(signal.SIGUSR1)
    assert caller.wait_end() == 0, caller.output
    assert "UnableToFindCandidate" not in caller.output
    old.end()
    runs = Counter(line for path in folder.glob("runs-*") for line in path.read_text().splitlines())
    expected = Counter()
    for style in ("await", "BG", "NO_RETURN"):
        (made,) = (line.split()[1] for line in caller.lines if line.startswith(f"{style} "))
        expected.update(f"{style} {number}" for number in range(int(made)))
    assert runs == expected
