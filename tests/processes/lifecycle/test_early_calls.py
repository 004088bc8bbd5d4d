"""Calls that come when the node is up and the constructor of its Global has not quite returned."""

import pytest

EARLY = """
import threading, time
from place import meet, stay
from daffi import FG, _daffi, callback, fetcher, get_g

called = threading.Event()
make_current = _daffi.set_current

def late(runtime=None):
    if runtime is not None and called.wait(10):
        # Long enough for a callback that does not wait to fail.
        time.sleep(0.3)
    make_current(runtime)

_daffi.set_current = late

@fetcher(FG)
def answer():
    pass

@callback
def asks_for_it():
    called.set()
    return get_g().process_name

@callback
async def asks_for_it_async():
    called.set()
    return get_g().process_name

@callback
def calls():
    called.set()
    return answer()

@callback
async def calls_async():
    called.set()
    return answer()

g = meet(process_name="early")
stay(g)
"""


@pytest.mark.parametrize("name", ["asks_for_it", "asks_for_it_async", "calls", "calls_async"])
def test_a_callback_that_is_called_early_finds_its_global(serve, join, name):
    caller = serve(f"""
        import threading
        from place import meet, stay
        from daffi import callback

        @callback
        def answer():
            return "early"

        g = meet(process_name="caller")

        def call():
            g.wait_function("{name}", timeout=20)
            print("gave", g.call.{name}().fg(timeout=10), flush=True)

        threading.Thread(target=call).start()
        stay(g)
    """)
    join(EARLY, name="early")
    caller.wait_for("^gave early$")
