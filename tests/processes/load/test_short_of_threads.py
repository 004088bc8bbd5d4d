"""Calls that need a thread after they were taken: delayed ones, those that waited for their turn, scheduled runs."""

import pytest

PROVIDER = """
import logging, os, threading
from place import meet, stay
from daffi import callback

let_go = threading.Event()

@callback
def hold():
    let_go.wait(30)

@callback
async def release():
    let_go.set()

@callback
def add(a, b):
    return a + b

@callback(at_once=1)
def alone(number):
    return number

@callback
def tick():
    os.write(1, b"tick\\n")

class Show(logging.Handler):
    def emit(self, record):
        text = record.getMessage().replace(chr(10), " / ")
        os.write(1, f"log {record.levelname} {text}{chr(10)}".encode())

logging.getLogger("daffi").addHandler(Show())
stay(meet(process_name="provider", threads=2, patience=PATIENCE))
"""
# All threads but the one that reads are taken.
TAKEN = """
held = g.call.hold() & BG
NO_THREAD = "callbacks have all 2 threads there, and none became free for 0.3 s"
"""
LATER = {
    "delayed": "[g.call.add(1, 2) & BG(eta=0.1)]",
    "in turn": "[g.call.alone(number) & BG for number in range(20)]",
    "delayed, in turn": "[g.call.alone(number) & BG(eta=0.1) for number in range(20)]",
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
def test_a_call_that_comes_to_need_a_thread_is_refused_as_any_other_is(serve, call, later):
    # It was handed in to the serving threads and waited there for ever, with its place at its callback.
    serve(PROVIDER.replace("PATIENCE", "0.3"))
    call(
        TAKEN
        + f"""
with raises(Overloaded) as caught:
    g.call.add(1, 2) & FG(timeout=20)
assert NO_THREAD in str(caught.error), caught.error
for result in {later}:
    error = result.exception(timeout=20)
    assert isinstance(error, Overloaded), error
    assert NO_THREAD in str(error) or "none has ended for 0.3 s" in str(error), error
g.call.release() & FG
held.get(timeout=20)
policy = RetryPolicy(Overloaded, stop_after_delay=20, wait=0.01)
assert g.call.alone(5) & FG(retry_policy=policy) == 5
g.stop()
"""
    )


def test_a_scheduled_run_that_finds_no_thread_is_left_out_and_told_of_at_both_ends(serve, call):
    provider = serve(PROVIDER.replace("PATIENCE", "0.3"))
    call(
        TAKEN
        + """
import logging, queue
heard = queue.Queue()

class Hear(logging.Handler):
    def emit(self, record):
        heard.put(record.getMessage())

logging.getLogger("daffi.callbacks").addHandler(Hear())
task = g.call.tick() & PERIOD(interval=0.05)
for _ in range(2):
    line = heard.get(timeout=20)
    assert "a scheduled run of tick failed" in line and NO_THREAD in line, line
g.call.release() & FG
held.get(timeout=20)
print("released", flush=True)
g.stop()
"""
    )
    provider.wait_for("^log ERROR a scheduled run of tick failed.*none became free")
    provider.wait_for("^tick$")
