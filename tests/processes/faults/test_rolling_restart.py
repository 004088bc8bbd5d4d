"""Workers that are replaced one after the other under load: no call fails, and each runs once, in every style."""

import signal
from collections import Counter

WORKER = """
    import os, sys
    from place import meet
    from daffi import callback

    runs = open(f"runs-{sys.argv[1]}", "a", buffering=1)

    @callback
    def note(style, number):
        runs.write(f"{style} {number}\\n")
        return number

    g = meet(process_name=sys.argv[1])
    print("ready", g.port, flush=True)
    g.join()
"""
CALLER = """
import asyncio, signal, threading
from place import meet
from daffi import *

g = meet(process_name="caller")
g.wait_function("note", timeout=20)
over = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: over.set())

@fetcher(FG)
async def note(style, number): ...

made = {"await": 0, "BG": 0, "NO_RETURN": 0}

def numbers(style):
    began = made[style]
    made[style] += 40
    return range(began, made[style])

def in_background():
    while not over.is_set():
        results = [(number, g.call.note("BG", number) & BG) for number in numbers("BG")]
        for number in numbers("NO_RETURN"):
            g.call.note("NO_RETURN", number) & NO_RETURN
        for number, result in results:
            assert result.get(30) == number

async def awaited():
    while not over.is_set():
        mine = list(numbers("await"))
        assert await asyncio.gather(*(note("await", number) for number in mine)) == mine

failures = []

def watched():
    try:
        in_background()
    except BaseException as error:
        failures.append(error)

thread = threading.Thread(target=watched)
thread.start()
print("calling", flush=True)
asyncio.run(awaited())
thread.join()
assert not failures, failures
g.stop()
for style, count in made.items():
    print(style, count, flush=True)
"""


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
