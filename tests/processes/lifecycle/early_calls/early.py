"""The process called early in test_early_calls.py."""

import threading
import time

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
