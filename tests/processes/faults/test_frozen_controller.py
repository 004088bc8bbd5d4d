"""A controller that is stopped where it is, as by a debugger: what cannot be sent without it says so."""

import signal

CALLER = """
import asyncio, signal, threading
from place import meet
from daffi import *

# Blocked before there are threads, so that it waits for whoever asks.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

@fetcher(FG)
async def add(a, b): ...

async def awaited():
    return await add(1, 2)

STYLES = {
    "fg": lambda: g.call.add(1, 2) & FG,
    "bg": lambda: (g.call.add(1, 2) & BG).get(),
    "await": lambda: asyncio.run(awaited()),
    "stream": lambda: g.call.add(iter([(1, 2)])) & STREAM,
}
lock = threading.Lock()

def run(name, style):
    try:
        outcome = style()
    except Exception as error:
        outcome = error
    with lock:
        print(f"{name}: {type(outcome).__name__} {outcome}", flush=True)

g = meet(process_name="caller")
g.wait_function("add", timeout=20)
print("there", flush=True)
signal.sigwait({signal.SIGUSR1})
threads = [threading.Thread(target=run, args=pair) for pair in STYLES.items()]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("all ended", flush=True)
g.stop()
"""


def test_calls_that_a_frozen_controller_keeps_from_being_sent_name_it(serve, join):
    # They blamed the callee, and a stream said that it may have run.
    controller = serve(
        "from place import meet, stay; stay(meet(init_node=False))", name="controller"
    )
    worker = join(
        """
        from place import meet
        from daffi import callback

        @callback
        def add(a, b):
            return a + b

        g = meet(process_name="worker")
        print("ready", g.port, flush=True)
        g.join()
        """,
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(CALLER, name="caller")
    caller.wait_for("^there$")
    controller.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    # Some 20 s where all is quiet.
    caller.wait_for("^all ended$", patience=60)
    # It takes connections, as its system does that.
    caller.wait_end(patience=60)
    for style in ("fg", "bg", "await", "stream"):
        (line,) = [line for line in caller.lines if line.startswith(f"{style}:")]
        assert "no controller answers" in line, line
        assert "may have run" not in line, line
    for style in ("fg", "bg", "await"):
        assert f"{style}: UnableToFindCandidate" in caller.output
    assert "stream: RemoteStoppedUnexpectedly" in caller.output
    assert "is back and does not take" not in caller.output
