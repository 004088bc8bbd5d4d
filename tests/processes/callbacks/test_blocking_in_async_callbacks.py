"""Async callbacks that wait without `await`: what they wait for may come back to their process."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


STYLES = {
    "plain fetcher": "1 + OTHER(depth - 1)",
    "value used": "1 + (g.call.OTHER(depth - 1) & FG)",
    "result.get": "1 + (g.call.OTHER(depth - 1) & BG).get()",
    "broadcast": "1 + max((g.call.OTHER(depth - 1) & BROADCAST(return_result=True)).values())",
    "retried": "1 + (g.call.OTHER(depth - 1) & FG(retry_policy=POLICY))",
    "transferred": "2 + g.transfer_and_call(OTHER_NAME, lambda depth, g: "
    "g.call.FUNCTION(depth - 1).fg() if depth else 0, depth - 1)",
    "generator": "1 + next(iter(g.call.OTHER_items(depth - 1) & FG))",
}
PROCESS = """
import threading
from place import meet, stay
from daffi import *

POLICY = RetryPolicy(KeyError, stop_after_attempt=2)

@fetcher(FG)
def OTHER(depth): ...

async def FUNCTION(depth, g):
    return 0 if depth == 0 else BODY

async def FUNCTION_items(depth):
    yield await FUNCTION(depth)

@callback
async def thread_of_OWN_NAME():
    return threading.get_ident()

FUNCTION_items.__name__ = "FUNCTION_items"
callback(FUNCTION_items)
FUNCTION = callback(FUNCTION)
"""


def process(name, function, other, body):
    text = PROCESS.replace("BODY", body)
    for word, meant in (
        ("OTHER_NAME", repr("provider" if name == "caller" else "caller")),
        ("OWN_NAME", name),
        ("FUNCTION", function),
        ("OTHER", other),
    ):
        text = text.replace(word, meant)
    return text


SERVING = "g = meet(process_name='provider')\nstay(g)"


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "relayed"])
def test_what_an_async_callback_waits_for_in_any_style_may_come_back(
    serve, run, place, style, direct
):
    place.settings["direct"] = direct
    serve(process("provider", "down", "up", style) + SERVING)
    caller = run(
        process("caller", "up", "down", style)
        + """
g = meet(process_name="caller")
g.wait_function("down", timeout=20)
assert (g.call.down(6) & FG(timeout=20)) == 6
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_a_hundred_async_callbacks_wait_for_each_other_without_await(serve, run, place):
    style = STYLES["plain fetcher"]
    serve(process("provider", "down", "up", style) + SERVING)
    caller = run(
        process("caller", "up", "down", style)
        + """
g = meet(process_name="caller")
g.wait_function("down", timeout=20)
assert (g.call.down(100) & FG(timeout=60)) == 100
# Afterwards there is one loop again for all that comes.
loops = {g.call.thread_of_provider().fg() for _ in range(20)}
assert len(loops) == 1, loops
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_in_trio_it_may_come_back_too(serve, run, place):
    style = STYLES["plain fetcher"]
    in_trio = """
import trio

async def main():
    async with meet(process_name=NAME) as g:
        WORK

trio.run(main)
"""
    serving = in_trio.replace("NAME", "'provider'").replace(
        "WORK", "print('ready', g.port, flush=True); await g.join_async()"
    )
    serve(process("provider", "down", "up", style) + serving)
    calling = in_trio.replace("NAME", "'caller'").replace(
        "WORK",
        "await g.wait_function_async('down', timeout=20); assert await (g.call.down(6) & FG(timeout=20)) == 6",
    )
    caller = run(
        process("caller", "up", "down", style) + calling, name="caller", settings=place.there
    )
    assert caller.wait_end() == 0, caller.output


def test_other_calls_stay_on_the_loop_that_is_held_up(serve, call):
    serve(PROGRAMS / "other_calls_stay_on_the_loop_that_is_held_up_provider.py")
    call(PROGRAMS / "other_calls_stay_on_the_loop_that_is_held_up.py")
