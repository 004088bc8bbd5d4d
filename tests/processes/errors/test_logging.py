"""What a process tells through Python's `logging`, by logger and level, from the core and from Python alike."""

import os
import re
import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


# Every record on a line of its own, whoever handles it.
SHOWING = """
import logging, os

class Show(logging.Handler):
    def emit(self, record):
        text = record.getMessage().replace(chr(10), " / ")
        fields = getattr(record, "daffi", None)
        # In one piece, whoever writes beside.
        os.write(1, f"log {record.levelname} {record.name} {text} {fields}{chr(10)}".encode())

def show(level=logging.INFO):
    logger = logging.getLogger("daffi")
    logger.setLevel(level)
    logger.addHandler(Show())
"""
CONTROLLER = """
from place import meet, stay
g = meet(init_node=False)
stay(g)
"""
PROVIDER = PROGRAMS / "provider.py"
# What a worker does that says when it is there, and joins.
WORKER = """
from place import meet
from daffi import callback, get_g
show()
g = meet(process_name="worker")
print("up", flush=True)
g.join()
"""


def logged(output):
    """The lines that were logged."""
    return [line for line in output.splitlines() if line.startswith("log ")]


def test_a_controller_that_dies_and_comes_back_is_told_of(serve, join):
    controller = serve(CONTROLLER, name="controller")
    worker = join(SHOWING + WORKER, name="worker")
    worker.wait_for("^up$")
    controller.signal(signal.SIGKILL)
    worker.wait_for(
        r"^log WARNING daffi.node lost the controller, looking for it \(address: .+\) {'address': .+}"
    )
    serve(CONTROLLER, name="controller again")
    worker.wait_for(
        r"^log WARNING daffi.node found the controller again \(address: .+, away: \d+\.\d s\)"
    )
    worker.end()


def test_a_controller_that_says_goodbye_is_no_warning(serve, join):
    controller = serve(CONTROLLER, name="controller")
    worker = join(SHOWING + WORKER, name="worker")
    worker.wait_for("^up$")
    controller.end()
    worker.wait_for("^log INFO daffi.node the controller has stopped, looking for the next")
    serve(CONTROLLER, name="controller again")
    worker.wait_for("^log INFO daffi.node found the controller again")
    worker.end()
    assert "WARNING" not in worker.output


def test_a_name_that_is_taken_over_is_told_of_at_all_whom_it_concerns(serve, join):
    controller = serve(SHOWING + "show()\n" + CONTROLLER, name="controller")
    offer = "from daffi import callback\n@callback\ndef hello():\n    return 1\n"
    frozen = join(SHOWING + offer + WORKER, name="frozen")
    frozen.wait_for("^up$")
    caller = join(
        SHOWING
        + """
from place import meet
from daffi import FG
show()
g = meet(process_name="caller")
g.wait_function("hello", timeout=20)
assert g.call.hello() & FG == 1
print("met", flush=True)
g.join()
"""
    )
    caller.wait_for("^met$")
    frozen.signal(signal.SIGSTOP)
    newcomer = join(SHOWING + offer + WORKER, name="newcomer")
    newcomer.wait_for("^up$")
    before, now = frozen.process.pid, newcomer.process.pid
    controller.wait_for(
        "^log WARNING daffi.controller a process did not answer, and another has taken its name "
        rf"\(process: worker, before: {before}, now: {now}\)"
    )
    caller.wait_for(
        r"^log INFO daffi.node a process was silent, and another has taken its name \(process: worker\)"
    )
    frozen.signal(signal.SIGCONT)
    frozen.wait_for("^log WARNING daffi.node another process has taken the name of this one")
    # It goes on asking, and says it once.
    caller.end()
    assert sum("taken the name of this one" in line for line in frozen.lines) == 1


@pytest.mark.parametrize(
    "forgets",
    [
        'g.call.fail("it") & BG',
        'r = g.call.fail("it") & BG\nwhile not r.ready: pass\ndel r',
        'g.call.fail("it") & BG(retry_policy=RetryPolicy(stop_after_attempt=2, wait=0.01))',
        'later("it")',
    ],
    ids=["at once", "after the end", "retried", "async def"],
)
def test_a_failed_result_that_nobody_looks_at_is_logged(serve, join, forgets):
    serve(PROVIDER)
    caller = join(PROGRAMS / "a_failed_result_that_nobody_looks_at_is_logged_other.py", forgets)
    caller.wait_for(
        "^log ERROR daffi.calls fail failed, and nobody waits for it: it {'func_name': 'fail'}"
    )
    caller.end()
    assert len(logged(caller.output)) == 1


@pytest.mark.parametrize(
    "look",
    [
        "assert raises_lookup(r.get)",
        "assert raises_lookup(r.result)",
        "assert isinstance(r.exception(), LookupError)",
        "assert isinstance(wait(r).error, LookupError)",
        "assert raises_lookup(lambda: asyncio.run(awaits(r)))",
        "seen = queue.Queue(); r.add_done_callback(lambda r: seen.put(r.error)); assert seen.get(timeout=20)",
        "r.cancel()",
    ],
)
def test_a_failure_that_was_looked_at_or_cancelled_is_not_logged(serve, call, look):
    serve(PROVIDER)
    output = call(
        SHOWING
        + f"""
import asyncio, queue
show()
heard = queue.Queue()

def raises_lookup(look):
    try:
        look()
    except LookupError:
        return True

def wait(r):
    while not r.ready:
        pass
    return r

async def awaits(r):
    return await r

r = g.call.fail("it") & BG
{look}
del r
# Lines come in order: what would have been logged is before this one.
class Heard(logging.Handler):
    def emit(self, record):
        heard.put(record.getMessage())
logging.getLogger("daffi").addHandler(Heard())
g.call.fail("other") & BG
assert "other" in heard.get(timeout=20)
g.stop()
"""
    )
    assert len(logged(output)) == 1


def test_each_retry_says_why_and_when(serve, call):
    serve(PROVIDER)
    output = call(
        SHOWING
        + """
show()
policy = RetryPolicy(LookupError, stop_after_attempt=3, wait=0.01)
with raises(LookupError):
    g.call.fail("no") & FG(retry_policy=policy)
with raises(LookupError):
    (g.call.fail("no") & BG(retry_policy=policy)).get()
g.stop()
"""
    )
    lines = [
        f"log INFO daffi.calls fail: attempt {number} failed, the next in 0.01 s: "
        f"RemoteCallError[LookupError]: no {{'func_name': 'fail', 'attempt': {number}, 'wait': 0.01}}"
        for number in (1, 2, 1, 2)
    ]
    assert logged(output) == lines


BLOCKING = {
    "add(1, 2)": "add holds up .* / hint: await it",
    "(g.call.slow(0.1) & BG).get()": "the wait for a result holds up .* / hint: await the result",
    'g.wait_process("provider")': "wait_process holds up .* / hint: await g.wait_process_async",
    'g.wait_function("add")': "wait_function holds up .* / hint: await g.wait_function_async",
    'g.get_scheduled_tasks("provider")': "get_scheduled_tasks .* / hint: await g.get_scheduled_tasks_async",
    'ScheduledTask("add", "0" * 32, "provider").cancel()': "the end of .* / hint: await task.cancel_async",
    "list(items)": "the wait for the next item holds up .* / hint: `async for",
    "take([1]) & STREAM": "take holds up .* / hint: await it",
    "add(1, 2, __exec_modifier__=BROADCAST(return_result=True))": "add holds up .* / hint: await",
}


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize("blocking", BLOCKING)
def test_a_blocking_call_in_an_event_loop_is_told_of_once_for_each_place(
    serve, call, folder, blocking, loop
):
    serve(PROVIDER)
    run = "asyncio.run(main())" if loop == "asyncio" else "trio.run(main)"
    output = call(
        SHOWING
        + f"""
import {loop}
show()

@fetcher(FG)
def add(a, b): ...

@fetcher
def take(item): ...

items = g.call.count(3) & FG

async def main():
    for _ in range(3):
        {blocking}  # here

def plain():
    {blocking}

{run}
items = g.call.count(3) & FG
plain()
g.stop()
"""
    )
    lines = (folder / "caller.py").read_text().splitlines()
    here = 1 + next(number for number, line in enumerate(lines) if line.endswith("# here"))
    (one,) = logged(output)
    assert re.match(rf"log WARNING daffi.calls \S+/caller.py:{here}: {BLOCKING[blocking]}", one)


def test_what_holds_up_no_loop_is_not_told_of(serve, call):
    serve(PROVIDER)
    output = call(PROGRAMS / "what_holds_up_no_loop_is_not_told_of.py")
    assert "holds up" not in output


def test_a_value_that_is_used_where_it_could_be_awaited_is_no_warning(serve, call):
    serve(PROVIDER)
    output = call(PROGRAMS / "a_value_that_is_used_where_it_could_be_awaited_is_no_warning.py")
    (one,) = logged(output)
    assert one.startswith("log INFO daffi.calls ")
    assert "holds up" in one


# How a handler may behave.
HANDLERS = {
    "raises": "raise RuntimeError('of the handler')",
    "exits": "raise SystemExit(3)",
    "calls": "assert g.call.add(1, 2).fg(timeout=10) == 3",
    "calls what fails": "g.call.fail('again') & NO_RETURN if record.args[0] != 'fail' or calls < 3 else None",
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_whatever_a_handler_does_the_next_line_comes(serve, call, handler):
    serve(PROVIDER)
    call(
        f"""
import logging, queue, threading
heard = queue.Queue()
calls = 0

class Handler(logging.Handler):
    def handle(self, record):
        global calls
        calls += 1
        heard.put(record.getMessage())
        {HANDLERS[handler]}

logging.getLogger("daffi").addHandler(Handler())
threading.excepthook = lambda hook: None
for number in range(3):
    g.call.fail(number) & NO_RETURN
for _ in range(3):
    assert "fail failed" in heard.get(timeout=20)
assert g.call.add(1, 2).fg() == 3
g.stop()
"""
    )


def test_lines_come_again_after_a_logger_has_raised(serve, call):
    serve(PROVIDER)
    output = call(PROGRAMS / "lines_come_again_after_a_logger_has_raised.py")
    assert [line.split(" {")[0] for line in logged(output)] == [
        f"log ERROR daffi.calls fail failed, and nobody waits for it: {text}"
        for text in ("one", "two")
    ]


def test_a_handler_whose_own_call_fails_brings_no_line_after_the_other(serve, call):
    serve(PROGRAMS / "a_handler_whose_own_call_fails_brings_no_line_after_the_other_provider.py")
    output = call(PROGRAMS / "a_handler_whose_own_call_fails_brings_no_line_after_the_other.py")
    text = "fails failed, and nobody waits for it"
    assert output.splitlines() == [f"{text}: one", f"{text}: two"]


def test_a_handler_that_takes_long_holds_up_no_done_callback(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "a_handler_that_takes_long_holds_up_no_done_callback.py")


@pytest.mark.parametrize(
    ("method", "does"),
    [
        ("handle", "threading.Event().wait(60)"),
        ("emit", "while True: threading.Event().wait(0.01)"),
        ("emit", "hang()"),
        ("emit", "threading.Event().wait(60)"),
    ],
    ids=["sleeps", "loops", "calls", "sleeps with its lock"],
)
def test_a_process_ends_though_a_handler_does_not(serve, call, method, does):
    serve(PROVIDER)
    call(
        f"""
import logging, threading
entered = threading.Event()

class Handler(logging.Handler):
    def {method}(self, record):
        entered.set()
        {does}

def hang():
    while True:
        try:
            g.call.slow(60) & FG
        except Exception:
            pass

logging.getLogger("daffi").addHandler(Handler())
g.call.fail("it") & NO_RETURN
assert entered.wait(20)
g.stop()
"""
    )


def test_what_is_logged_before_the_end_is_handled_before_it(serve, call):
    serve(PROVIDER)
    output = call(
        SHOWING
        + """
show(logging.DEBUG)
results = [g.call.fail(number) & BG for number in range(20)]
for result in results:
    while not result.ready:
        pass
del result, results
g.stop()
"""
    )
    assert sum("fail failed" in line for line in logged(output)) == 20


def test_a_level_that_is_set_later_counts(serve, join):
    # What is unwanted is not made; that it is wanted now must be learned.
    controller = serve(CONTROLLER, name="controller")
    worker = join(
        SHOWING
        + """
from place import meet, raises
logging.getLogger("daffi").setLevel(logging.ERROR)
g = meet(process_name="worker")
print("up", flush=True)
with raises(TimeoutError):  # longer than levels are believed
    g.wait_process("nobody", timeout=1.5)
show(logging.DEBUG)
print("showing", flush=True)
g.join()
""",
        name="worker",
    )
    worker.wait_for("^up$")
    controller.signal(signal.SIGKILL)
    worker.wait_for("^showing$")
    worker.wait_for("^log DEBUG daffi.node the controller cannot be reached yet")
    worker.end()


def test_a_reset_of_logging_is_survived(serve, join):
    controller = serve(CONTROLLER, name="controller")
    worker = join(
        PROGRAMS / "a_reset_of_logging_is_survived_worker.py",
        name="worker",
    )
    worker.wait_for("^up$")
    controller.signal(signal.SIGKILL)
    worker.wait_for(r"^log WARNING daffi.node \[daffi-keeper\] lost the controller")
    assert "cannot be reached" not in worker.output


def test_a_forked_child_is_heard(serve, join):
    controller = serve(CONTROLLER, name="controller")
    parent = join(
        PROGRAMS / "a_forked_child_is_heard_parent.py",
        name="parent",
    )
    # Both join: a signal before that would be the script's own affair. They say so in any order.
    said = [parent.wait_for(r"^(?:child (\d+)$|ready)") for _ in range(3)]
    child = next(int(line[1]) for line in said if line[1])
    controller.signal(signal.SIGKILL)
    for _ in range(2):
        parent.wait_for("^log WARNING daffi.node lost the controller")
    os.kill(child, signal.SIGINT)
    parent.end()


def test_without_logging_set_up_warnings_are_seen_and_nothing_else(serve, join):
    controller = serve(CONTROLLER, name="controller")
    worker = join(WORKER.replace("show()\n", ""), name="worker")
    worker.wait_for("^up$")
    controller.signal(signal.SIGKILL)
    worker.wait_for("^lost the controller, looking for it")
    serve(CONTROLLER, name="controller again")
    worker.wait_for("^found the controller again")
    worker.end()
    assert len(worker.lines) == 3


CUT_OFF = """
import asyncio, threading, time
from place import meet, stay
from daffi import callback, get_g
show()

began = threading.Semaphore(0)

@callback
def meets():
    pass

@callback
def works():
    os.write(1, b"working\\n")
    time.sleep(600)  # until it is ended

@callback
async def sleeps():
    os.write(1, b"sleeping\\n")
    await asyncio.sleep(600)

stay(meet(process_name="provider"))
"""
WAITING = """
import os, signal
from place import meet
from daffi import BG
g = meet(process_name="caller")
g.wait_process("provider", timeout=20)
results = [g.call.works() & BG, g.call.sleeps() & BG]
g.join()
"""


def test_callbacks_whose_caller_has_gone_are_named(serve, join):
    provider = serve(SHOWING + CUT_OFF)
    caller = join(WAITING)
    for _ in range(2):
        provider.wait_for("^(working|sleeping)$")
    caller.signal(signal.SIGKILL)
    line = provider.wait_for(
        r"^log WARNING daffi.callbacks a caller has gone.* \(.*callbacks: .*\)"
    )
    assert re.search(r"works after \d+\.\d s", line[0])
    assert re.search(r"sleeps after \d+\.\d s", line[0])


def test_callbacks_that_a_stop_does_not_wait_for_are_named(serve, join):
    provider = serve(SHOWING + CUT_OFF)
    caller = join(WAITING)
    for _ in range(2):
        provider.wait_for("^(working|sleeping)$")
    provider.signal(signal.SIGTERM)
    line = provider.wait_for(
        r"^log WARNING daffi.callbacks callbacks did not end in time.* \(callbacks: .*\)"
    )
    assert re.search(r"works after \d+\.\d s", line[0])
    caller.close()


def test_a_caller_that_forgets_or_ends_its_calls_is_no_warning(serve, call):
    provider = serve(SHOWING + CUT_OFF)
    call(
        """
g.call.meets() & FG  # a link may take longer than the calls have, and than a stop waits for what is to be sent
with raises(TimeoutError):
    g.call.sleeps() & FG(timeout=0.2)
result = g.call.sleeps() & BG
result.cancel()
g.call.works() & NO_RETURN
g.stop()
"""
    )
    provider.wait_for("^working$")
    assert logged(provider.output) == []
