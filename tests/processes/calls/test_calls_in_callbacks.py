"""Callbacks that call others, which call back: in every style that leaves the event loop free, to any depth."""

import pytest

DEPTH = 40
# A body for each style; `other` is the callback of the same kind in the other process.
STYLES = {
    "sync, FG": """
def FUNCTION(depth, g):
    return 0 if depth == 0 else 1 + (g.call.OTHER(depth - 1) & FG)
""",
    "sync, fetcher": """
@fetcher(FG)
def OTHER(depth): ...

def FUNCTION(depth):
    return 0 if depth == 0 else 1 + OTHER(depth - 1)
""",
    "sync, async fetcher used as its value": """
@fetcher(FG)
async def OTHER(depth): ...

def FUNCTION(depth):
    return 0 if depth == 0 else 1 + OTHER(depth - 1)
""",
    "sync, several at once": """
def FUNCTION(depth, g):
    if depth == DEPTH - 4:
        return depth
    results = [g.call.OTHER(depth - 1) & BG for _ in range(3)]
    return 1 + max(result.get() for result in results)
""".replace("DEPTH", str(DEPTH)),
    "sync, BROADCAST": """
def FUNCTION(depth, g):
    if depth == 0:
        return 0
    values = g.call.OTHER(depth - 1) & BROADCAST(return_result=True)
    return 1 + max(values.values())
""",
    "sync, STREAM": """
def FUNCTION(depth, g):
    if depth:
        g.call.OTHER([depth - 1]) & STREAM
    return DEPTH
""".replace("DEPTH", str(DEPTH)),
    "sync, from a thread of its own": """
def FUNCTION(depth, g):
    values = [0]
    if depth:
        thread = threading.Thread(target=lambda: values.append(1 + (g.call.OTHER(depth - 1) & FG)))
        thread.start()
        thread.join()
    return values[-1]
""",
    "async, awaited FG": """
async def FUNCTION(depth, g):
    return 0 if depth == 0 else 1 + await (g.call.OTHER(depth - 1) & FG)
""",
    "async, awaited BG": """
async def FUNCTION(depth, g):
    return 0 if depth == 0 else 1 + await (g.call.OTHER(depth - 1) & BG)
""",
    "async, fetcher": """
@fetcher(FG)
async def OTHER(depth): ...

async def FUNCTION(depth):
    return 0 if depth == 0 else 1 + await OTHER(depth - 1)
""",
    "async, several at once": """
@fetcher(FG)
async def OTHER(depth): ...

async def FUNCTION(depth):
    if depth == DEPTH - 4:
        return depth
    return 1 + max(await asyncio.gather(*(OTHER(depth - 1) for _ in range(3))))
""".replace("DEPTH", str(DEPTH)),
    "async, awaited STREAM": """
async def FUNCTION(depth, g):
    if depth:
        await (g.call.OTHER([depth - 1]) & STREAM)
    return DEPTH
""".replace("DEPTH", str(DEPTH)),
}
PROCESS = """
import asyncio, threading
from place import PLACE, meet, stay
from daffi import BG, BROADCAST, FG, STREAM, callback, fetcher

STYLE
callback(FUNCTION)
g = meet(process_name="OWN_NAME")
"""


def process(style, *, name, function, other):
    """The script of a process whose callback calls the other."""
    text = PROCESS.replace("STYLE", STYLES[style], 1)
    return text.replace("FUNCTION", function).replace("OTHER", other).replace("OWN_NAME", name)


@pytest.mark.parametrize("style", STYLES)
def test_callbacks_call_each_other_to_any_depth_in_every_style_that_leaves_the_loop_free(
    serve, run, place, style
):
    serve(process(style, name="provider", function="down", other="up") + "stay(g)")
    caller = run(
        process(style, name="caller", function="up", other="down")
        + f"""
g.wait_function("down", timeout=20)
assert (g.call.down({DEPTH}) & FG(timeout=20)) == {DEPTH}
results = [g.call.down({DEPTH}) & BG(timeout=20) for _ in range(4)]
assert [result.get() for result in results] == [{DEPTH}] * 4
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


@pytest.mark.parametrize("head", ["", "async "], ids=["sync", "async"])
def test_generators_take_from_each_other_to_any_depth(serve, run, place, head):
    body = f"""
from place import meet, stay
from daffi import FG, callback

@callback
{head}def FUNCTION(depth, g):
    if depth:
        {head}for item in {"await " if head else ""}(g.call.OTHER(depth - 1) & FG):
            yield item
    yield depth

g = meet(process_name="OWN_NAME")
"""
    serve(
        body.replace("FUNCTION", "down").replace("OTHER", "up").replace("OWN_NAME", "provider")
        + "stay(g)"
    )
    caller = run(
        body.replace("FUNCTION", "up").replace("OTHER", "down").replace("OWN_NAME", "caller")
        + f"""
g.wait_function("down", timeout=20)
assert list(g.call.down({DEPTH}) & FG(timeout=20)) == list(range({DEPTH} + 1))
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_an_error_in_a_nested_call_reaches_the_first_caller(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def down(depth, g):
            if depth == 0:
                raise LookupError("at the bottom")
            return g.call.up(depth - 1) & FG

        stay(meet(process_name="provider"))
    """)
    call("""
        @callback
        async def up(depth, g):
            return await (g.call.down(depth) & FG)

        g.wait_function("down", timeout=10)
        with raises(LookupError) as caught:
            g.call.down(10) & FG(timeout=20)
        assert isinstance(caught.error, RemoteCallError)
        assert "at the bottom" in str(caught.error)
        g.stop()
    """)
