"""The process called process in test_stop_from_within.py."""

import threading

from place import meet, stay

from daffi import BG, callback


@callback
def in_a_callback():
    g.stop()
    return "answered"


@callback
async def in_an_async_callback():
    g.stop()
    return "answered"


@callback
def with_its_own_g(g):
    g.stop()
    return "answered"


@callback
class Shop:
    def in_a_method(self):
        g.stop()
        return "answered"


shop = Shop()


@callback
def in_a_thread_it_waits_for():
    thread = threading.Thread(target=g.stop)
    thread.start()
    while g.is_running:
        pass
    return "answered"


@callback
def in_a_with_block():
    with g:
        return "answered"


@callback
def at_the_end_of_a_call_of_its_own():
    (g.call.back() & BG).add_done_callback(lambda result: g.stop())


@callback
def in_a_generator():
    yield "answered"
    g.stop()


@callback
def forever():
    threading.Event().wait()


g = meet(process_name="provider")
stay(g)
assert not g.is_running
print("left", flush=True)
