"""Every call runs in a context of its own: what one sets in it, the next does not see."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


SERVER = """
import asyncio, contextvars, decimal, functools, sys
import numpy as np
from daffi import BG, FG, callback, fetcher, get_g
from place import meet, stay

user = contextvars.ContextVar("user", default="nobody")

def state():
    return user.get(), decimal.getcontext().prec, np.geterr()["divide"]

def change(name):
    user.set(name)
    decimal.getcontext().prec = 3
    np.seterr(divide="raise")
    return state()

seen_by_items = []

@callback
def sync(name): return state(), change(name)

@callback
async def on_loop(name):
    before = state()
    await asyncio.sleep(0) if "asyncio" in sys.modules and asyncio._get_running_loop() else None
    return before, change(name)

def hide(function):
    @functools.wraps(function)
    def plain(*args): return function(*args)
    del plain.__wrapped__
    return plain

@callback
@hide
async def hidden(name): return state(), change(name)

@callback
def generator(name):
    yield state()
    change(name)
    yield "between"
    yield state()

@callback
async def async_generator(name):
    yield state()
    change(name)
    yield "between"
    yield state()

@callback
def item(name):
    seen_by_items.append(state())
    change(name)

@callback
async def item_async(name):
    seen_by_items.append(state())
    change(name)
    await pause()
    seen_by_items.append(state()[0] == name)

async def pause():
    if "trio" in sys.modules and __import__("trio").lowlevel.in_trio_run():
        await __import__("trio").lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)

@callback
def items(): return seen_by_items

@callback
def relay(name):
    before = state()
    change(name)
    there = get_g().call.back(name) & FG
    return before, state(), there
"""

PLAIN = SERVER + "stay(meet(process_name='provider'))\n"

TRIO = (
    SERVER
    + """
import trio
from place import PLACE
from daffi import Global
async def main():
    async with Global(process_name="provider", **PLACE) as g:
        print("ready", g.port, flush=True)
        await g.join_async()
trio.run(main)
"""
)

CALLS = """
    UNTOUCHED, CHANGED = ("nobody", 28, "warn"), ("alice", 3, "raise")

    @callback
    def back(name): return g.call.sync(name) & FG

    def both(given): return tuple(map(tuple, given))
"""


@pytest.fixture(params=[PLAIN, TRIO], ids=["plain", "trio"])
def server(request, serve):
    """The process that is called, its Global made in no event loop, and in trio."""
    return serve(request.param)


def test_a_call_sees_nothing_of_what_another_has_set(server, call):
    # Serving threads had one context each, which all the calls that they ran saw and changed.
    call(
        CALLS
        + """
    for _ in range(2):
        for name in ("sync", "on_loop", "hidden"):
            assert both(getattr(g.call, name)("alice") & FG) == (UNTOUCHED, CHANGED), name
        for name in ("sync", "on_loop"):
            assert both((getattr(g.call, name)("alice") & BG(eta=0.01)).get()) == (UNTOUCHED, CHANGED)
            getattr(g.call, name)("alice") & BROADCAST
    before, after, there = g.call.relay("alice") & FG
    assert (tuple(before), tuple(after), both(there)) == (UNTOUCHED, CHANGED, (UNTOUCHED, CHANGED))
    g.stop()
    """
    )


def test_a_generator_keeps_its_context_from_item_to_item(server, call):
    call(
        CALLS
        + """
    for name in ("generator", "async_generator"):
        for _ in range(2):
            first, second = getattr(g.call, name)("alice") & FG, getattr(g.call, name)("alice") & FG
            for before, after in (list(zip(first, second))[0::2],):
                assert [tuple(state) for state in before] == [UNTOUCHED] * 2, (name, before)
                assert [tuple(state) for state in after] == [CHANGED] * 2, (name, after)
        assert both(g.call.sync("alice") & FG) == (UNTOUCHED, CHANGED)
    g.stop()
    """
    )


def test_an_item_of_a_stream_sees_nothing_of_the_one_before(server, call):
    call(
        CALLS
        + """
    g.call.item(["alice"] * 50) & STREAM
    assert {tuple(seen) for seen in g.call.items() & FG} == {UNTOUCHED}
    g.call.item_async(["alice"] * 50) & STREAM
    seen = (g.call.items() & FG)[50:]
    assert {tuple(state) for state in seen[0::2]} == {UNTOUCHED}
    assert set(seen[1::2]) == {True}
    g.stop()
    """
    )


def test_a_transferred_function_and_a_scheduled_run_see_nothing_of_others(server, call):
    call(
        CALLS
        + """
    def probe(name):
        import contextvars, decimal
        was = decimal.getcontext().prec
        decimal.getcontext().prec = 3
        return was
    async def probe_async(name): return probe(name)
    for _ in range(3):
        assert g.transfer_and_call("provider", probe, "alice") == 28
        assert g.transfer_and_call("provider", probe_async, "alice") == 28
    task = g.call.item("alice") & PERIOD(interval=0.05)
    while len(g.call.items() & FG) < 3:
        pass
    task.cancel()
    assert {tuple(seen) for seen in g.call.items() & FG} == {UNTOUCHED}
    g.stop()
    """
    )


def test_what_is_set_where_the_global_is_made_holds_in_every_call(serve, call):
    serve(SERVER + "change('everyone')\nstay(meet(process_name='provider'))\n")
    call(PROGRAMS / "what_is_set_where_the_global_is_made_holds_in_every_call.py")


def test_digits_that_are_set_after_the_global_is_made_are_not_those_of_calls(serve, call):
    # They were: calls copied the settings of the running code as they were then.
    late = "g = meet(process_name='provider')\ndecimal.getcontext().prec = 5\nstay(g)\n"
    serve(SERVER + "decimal.getcontext().prec = 30\n" + late)
    call("""
        (_, digits, _), _ = g.call.sync("alice") & FG
        assert digits == 30, digits
        g.stop()
    """)


def test_what_is_set_while_a_value_is_read_or_written_is_no_concern_of_the_next_call(serve, call):
    serve(
        PROGRAMS
        / "what_is_set_while_a_value_is_read_or_written_is_no_concern_of_the_next_call_provider.py"
    )
    call("""
        class Argument:
            def __reduce__(self):
                return eval, ("__import__('sys').modules['__main__'].named('by an argument')",)

        for _ in range(3):
            assert g.call.gives() & FG == ("nobody", "text")
            assert g.call.takes(1) & FG == "nobody"
            assert g.call.takes(Argument()) & FG == "nobody"
        g.stop()
    """)
