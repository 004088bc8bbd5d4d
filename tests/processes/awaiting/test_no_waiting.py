"""Calls that are made without waiting: a frozen process holds up neither event loops nor threads that call it."""

import signal

import pytest

PROVIDER = """
from place import meet, stay
from daffi import callback

notes = []

@callback
def size(value) -> int:
    return len(value)

@callback
def note(value) -> None:
    notes.append(value)

@callback
def noted() -> list:
    return notes

stay(meet(process_name="provider"))
"""

# What each line gives is there only when the process goes on.
WAYS = {
    "awaited by name": "await (g.call.size(argument) & FG)",
    "awaited": "await size(argument)",
    "in the background": "await (g.call.size(argument) & BG)",
    "with a limit": "await (g.call.size(argument) & FG(timeout=60))",
    "everywhere": "(await (g.call.size(argument) & BROADCAST(return_result=True)))['provider']",
}
MAIN = """
import asyncio
from daffi import fetcher

@fetcher(FG)
async def size(value): ...

async def call(argument):
    return {way}

async def main():
    {first}
    print("freeze", flush=True)
    while not frozen():
        await asyncio.sleep(0.01)
    task = asyncio.ensure_future(call(bytes({length})))
    for _ in range(20):
        await asyncio.sleep(0)
    g.call.note(bytes({length})) & NO_RETURN
    # Only now may the provider go on: a loop that was held up would not come here.
    print("made", flush=True)
    assert await task == {length}
    while [len(value) for value in await (g.call.noted() & FG)] != [{length}]:
        pass

asyncio.run(main())
g.stop()
"""
FROZEN = """
import pathlib

def frozen():
    # The process of a signal that was sent may take a moment to stop.
    stat = pathlib.Path("/proc/{pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"
"""


def frozen_by(provider) -> str:
    return FROZEN.replace("{pid}", str(provider.process.pid))


def freeze_and_thaw(provider, caller, patience=30.0):
    """Freezes the provider when its caller asks for that, until the caller has made its calls."""
    caller.wait_for("^freeze$")
    provider.signal(signal.SIGSTOP)
    try:
        caller.wait_for("^made$", patience)
    finally:
        provider.signal(signal.SIGCONT)
    assert caller.wait_end() == 0, caller.output


@pytest.fixture
def controller(serve):
    return serve(
        "from place import meet, stay\nstay(meet(process_name='controller'))", name="controller"
    )


@pytest.mark.parametrize("length", [10, 4 << 20], ids=["small", "4 MiB"])
@pytest.mark.parametrize("first", ["pass", "await size(b'')"], ids=["not met", "met"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_event_loop_goes_on_while_it_calls_a_frozen_process(
    controller, join, way, first, length
):
    # It stood still for up to 20 s: the sending half of an awaited call ran on its thread.
    provider = join(PROVIDER, name="provider")
    prelude = (
        "from place import meet\nfrom daffi import *\ng = meet()\ng.wait_process('provider')\n"
    )
    main = MAIN.replace("{way}", way).replace("{first}", first).replace("{length}", str(length))
    caller = join(prelude + frozen_by(provider) + main)
    freeze_and_thaw(provider, caller)


def test_background_calls_return_at_once_from_any_thread_and_are_bounded(controller, join):
    provider = join(PROVIDER, name="provider")
    caller = join(
        f"""
from place import meet
from daffi import *
{frozen_by(provider)}
g = meet(max_waiting_bytes=1 << 20)
g.wait_process("provider")
print("freeze", flush=True)
while not frozen():
    pass
made = []
try:
    while True:
        made.append(g.call.size(bytes(100_000)) & BG)
except Overloaded as error:
    assert "max_waiting_bytes" in str(error), error
assert 1 <= len(made) < 100, len(made)
try:
    while True:
        g.call.note(bytes(100_000)) & NO_RETURN
except Overloaded:
    pass
print("made", flush=True)
assert [result.get() for result in made] == [100_000] * len(made)
# What was refused may be made again.
assert g.call.size(b"12").fg() == 2
g.stop()
"""
    )
    freeze_and_thaw(provider, caller)


def test_a_broadcast_reaches_others_while_one_is_frozen(controller, join):
    # Each frozen process took the whole limit before the next was called.
    provider = join(PROVIDER, name="provider")
    live = join(
        """
from place import meet, stay
from daffi import callback

@callback
def note(value) -> str:
    print("noted", flush=True)
    return "live"

stay(meet(process_name="live"))
""",
        name="live",
    )
    caller = join(
        f"""
from place import meet
from daffi import *
{frozen_by(provider)}
g = meet()
g.wait_process("provider")
g.wait_process("live")
print("freeze", flush=True)
while not frozen():
    pass
answers = g.call.note(1) & BROADCAST(return_result=True)
assert answers == {{"provider": None, "live": "live"}}, answers
g.stop()
"""
    )
    caller.wait_for("^freeze$")
    provider.signal(signal.SIGSTOP)
    try:
        live.wait_for("^noted$")
    finally:
        provider.signal(signal.SIGCONT)
    assert caller.wait_end() == 0, caller.output


def test_a_call_of_a_thread_that_waits_goes_behind_those_that_it_made_before(controller, join):
    provider = join(PROVIDER, name="provider")
    caller = join(
        f"""
from place import meet
from daffi import *
import threading
{frozen_by(provider)}
g = meet()
g.wait_process("provider")
print("freeze", flush=True)
while not frozen():
    pass
sent = [g.call.note(n) & BG for n in range(3)]
threading.Timer(0.0, lambda: print("made", flush=True)).start()
g.call.note(3) & FG
assert all(result.ready for result in sent[:1])
assert sorted(g.call.noted() & FG) == [0, 1, 2, 3]
g.stop()
"""
    )
    freeze_and_thaw(provider, caller)


def test_what_nobody_waits_for_is_sent_before_its_process_ends(controller, join):
    # Its last calls were lost, in silence.
    said = PROVIDER.replace("notes.append(value)", "print(f'noted {len(value)}', flush=True)")
    provider = join(said, name="provider")
    caller = join(
        """
from place import meet
from daffi import *
g = meet()
g.wait_process("provider")
for _ in range(5):
    g.call.note(bytes(3 << 20)) & NO_RETURN
"""
    )
    assert caller.wait_end() == 0, caller.output
    for _ in range(5):
        provider.wait_for("^noted 3145728$")
