"""Callers that leave: what they waited for is cancelled, what they only wanted done is done."""

import pytest

PROVIDER = """
import asyncio, threading
from place import meet, stay
import daffi
from daffi import *

gate = threading.Event()
said, began = [], []

def say(what):
    said.append(what)

@callback
def work(what):
    began.append(what)
    gate.wait(30)
    say((what, daffi.cancelled()))

class Loop:
    gate = None

@callback
async def work_async(what):
    Loop.gate = Loop.gate or asyncio.Event()
    began.append(what)
    try:
        await Loop.gate.wait()
    except asyncio.CancelledError:
        say((what, True))
        raise
    say((what, False))

@callback
def steps(what):
    began.append(what)
    gate.wait(30)
    yield 1
    yield 2
    say((what, daffi.cancelled()))

@callback
async def open_async():
    Loop.gate.set()

@callback
def open_gate():
    gate.set()

@callback
def count_begun():
    return len(began)

@callback
def what_was_said():
    return sorted(said)

g = meet(process_name="provider")
stay(g)
"""

LEAVES = """
import os, sys, time
from place import meet
from daffi import *

g = meet(process_name="leaves")
g.wait_process("provider", timeout=10)
for name in ("work", "work_async", "steps"):
    getattr(g.call, name)(f"{name} forgotten") & NO_RETURN
    getattr(g.call, name)(f"{name} broadcast") & BROADCAST
    getattr(g.call, name)(f"{name} unwanted") & BG(return_result=False)
g.call.work("delayed") & NO_RETURN(eta=1)
g.call.work_async("delayed async") & NO_RETURN(eta=1)
awaited = [g.call.work("awaited") & BG, g.call.work_async("awaited async") & BG]
while g.call.count_begun().fg() < 11:
    time.sleep(0.01)  # nobody tells
print("all began", flush=True)
if sys.argv[1] == "dies":
    os._exit(0)
g.stop()
"""


@pytest.mark.parametrize("how", ["stops", "dies"])
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "relayed"])
def test_what_a_caller_only_wanted_done_is_done_though_it_leaves(
    serve, join, call, place, direct, how
):
    # All of it was cancelled, or lost in silence.
    place.settings["direct"] = direct
    serve(PROVIDER)
    leaving = join(LEAVES, how, name="leaves")
    assert leaving.wait_end() == 0, leaving.output
    call("""
        # Those that were awaited hear of it, and the others do not.
        while ("awaited async", True) not in g.call.what_was_said().fg():
            time.sleep(0.01)  # nobody tells
        # The delayed ones begin.
        while g.call.count_begun().fg() < 13:
            time.sleep(0.01)  # as above
        g.call.open_async() & FG
        g.call.open_gate() & FG
        while len(said := g.call.what_was_said().fg()) < 13:
            time.sleep(0.01)  # as above
        names = ("steps", "work", "work_async")
        styles = ("broadcast", "forgotten", "unwanted")
        wanted = {(f"{name} {style}", False) for name in names for style in styles}
        wanted |= {("delayed", False), ("delayed async", False)}
        assert set(said) == wanted | {("awaited", True), ("awaited async", True)}, said
        g.stop()
    """)
