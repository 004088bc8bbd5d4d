"""Async callbacks share an event loop, which starts them in order; what one does to it is no end of the others."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = """
import asyncio, contextlib, threading, time
from place import meet, stay
import daffi
from daffi import *

began, seen = [], []

@callback
async def begin(number):
    began.append(number)

@callback
async def begin_items(number):
    began.append(number)
    yield number

@callback
def what_began():
    return began

SERVING
"""
SERVING = {
    "asyncio": "stay(meet(process_name='provider'))",
    "trio": """
import trio

async def main():
    async with meet(process_name="provider") as g:
        print("ready", g.port, flush=True)
        await g.join_async()

trio.run(main)
""",
}
BEGUN = """
def begun(count):
    while len(numbers := g.call.what_began().fg(timeout=20)) < count:
        time.sleep(0.01)  # nobody tells when a forgotten call has run
    return numbers
"""


@pytest.mark.parametrize("serving", SERVING.values(), ids=SERVING)
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "relayed"])
def test_calls_of_one_thread_to_async_callbacks_begin_in_their_order(
    serve, call, place, serving, direct
):
    # They were started by whichever thread got the interpreter's lock: 21, 3, 4, 5.
    place.settings["direct"] = direct
    serve(PROVIDER.replace("SERVING", serving))
    call(
        BEGUN
        + """
assert begun(0) == []
for number in range(0, 2_000, 2):
    g.call.begin(number) & NO_RETURN
    # The functions may differ.
    g.call.begin_items(number + 1) & NO_RETURN
assert begun(2_000) == list(range(2_000))
g.stop()
"""
    )


def test_calls_that_are_due_begin_in_the_order_in_which_they_are(serve, call):
    serve(PROVIDER.replace("SERVING", SERVING["asyncio"]))
    call(
        BEGUN
        + """
for number in range(20):
    g.call.begin(20 - number) & NO_RETURN(eta=1 - 0.02 * number)
assert begun(20) == list(range(1, 21))
g.stop()
"""
    )


def test_calls_that_were_cancelled_or_late_before_they_could_begin_do_not(serve, call):
    serve(
        PROVIDER.replace(
            "SERVING",
            """
gate = threading.Event()

@callback
async def block():
    gate.wait(30)  # the loop stands still

@callback
def go_on():
    gate.set()

stay(meet(process_name="provider"))
""",
        )
    )
    call(
        BEGUN
        + """
blocked = g.call.block() & BG
first = g.call.begin(1) & BG
late, cancelled, last = g.call.begin(2) & BG(timeout=0.1), g.call.begin(3) & BG, g.call.begin(4) & BG
assert cancelled.cancel()
with raises(TimeoutError):
    late.get()
# The cancel is there before this, on the same way.
g.call.go_on() & FG
blocked.get(timeout=20), first.get(timeout=20), last.get(timeout=20)
assert g.call.what_began().fg() == [1, 4]
g.stop()
"""
    )


def test_async_callbacks_that_await_stay_on_one_loop_whatever_the_timing(serve, run, place):
    # Every send counted as a wait that holds the loop up: what came back at that moment ran on another one.
    both = """
import asyncio, sys
from place import meet, stay
from daffi import *

loops = set()

@callback
async def OWN(depth, g):
    loops.add(id(asyncio.get_running_loop()))
    g.call.OTHER_note() & NO_RETURN
    left = g.call.OTHER_note() & BG(retry_policy=RetryPolicy(KeyError, stop_after_attempt=2))
    value = 0 if depth == 0 else 1 + await (g.call.OTHER(depth - 1) & FG)
    await left
    return value

@callback
async def OWN_note():
    loops.add(id(asyncio.get_running_loop()))

@callback
def loops_of_OWN():
    return len(loops)

g = meet(process_name="OWN")
"""

    def process(own, other):
        return both.replace("OWN", own).replace("OTHER", other)

    serve(process("provider", "caller") + "stay(g)")
    caller = run(
        process("caller", "provider")
        + """
g.wait_function("provider", timeout=20)

async def main():
    for _ in range(20):
        asked = [g.call.provider(10) & FG(timeout=30) for _ in range(10)]
        assert await asyncio.gather(*asked) == [10] * 10

asyncio.run(main())
assert (len(loops), g.call.loops_of_provider().fg()) == (1, 1)
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


LEFT = """
class Later:
    event = None

later = Later()
seen = []

async def left(how):
    await later.event.wait()
    seen.append((how, daffi.cancelled(), await (g.call.add(1, 2) & FG)))

def left_in_thread(how):
    gate.wait(30)
    seen.append((how, daffi.cancelled(), (g.call.add(1, 2) & BG(retry_policy=POLICY)).get()))

gate = threading.Event()
kept = set()
POLICY = RetryPolicy(KeyError, stop_after_attempt=2)

@callback
async def leave_behind():
    later.event = asyncio.Event()
    kept.add(asyncio.create_task(left("task")))
    asyncio.get_running_loop().run_in_executor(
        None, contextvars.copy_context().run, left_in_thread, "executor")
    kept.add(asyncio.create_task(asyncio.to_thread(left_in_thread, "to_thread")))

@callback
async def leave_behind_items():
    kept.add(asyncio.create_task(left("items")))
    yield 1
    yield 2

@callback
async def let_go():
    gate.set()
    later.event.set()

@callback
def what_was_seen():
    return sorted(seen)

g = meet(process_name="provider")
stay(g)
"""


def test_what_a_callback_leaves_behind_has_neither_its_time_limit_nor_its_cancel(serve, join, call):
    # A consumer that the first call started failed once that call's time was over.
    serve(
        PROVIDER.replace("import asyncio", "import asyncio, contextvars").replace("SERVING", LEFT)
    )
    call(PROGRAMS / "what_a_callback_leaves_behind_has_neither_its_time_limit_nor_its_cancel.py")


def test_what_a_callback_left_behind_may_wait_without_await_for_what_comes_back(serve, run, place):
    serve(
        PROVIDER.replace(
            "SERVING",
            """
kept = set()

async def left():
    await asyncio.sleep(0.01)
    seen.append(g.call.there().fg(timeout=20))

@callback
async def leave_behind():
    kept.add(asyncio.create_task(left()))

@callback
async def back():
    return "back"

@callback
def what_was_seen():
    return seen

g = meet(process_name="provider")
stay(g)
""",
        )
    )
    caller = run(
        PROGRAMS
        / "what_a_callback_left_behind_may_wait_without_await_for_what_comes_back_caller.py",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_a_child_that_is_forked_in_an_async_callback_has_loops_of_its_own(serve, run, place):
    # The thread that forked ran its parent's loop, and the queue of that was full of its parent's calls.
    serve(PROGRAMS / "a_child_that_is_forked_in_an_async_callback_has_loops_of_its_own_provider.py")
    caller = run(
        PROGRAMS / "a_child_that_is_forked_in_an_async_callback_has_loops_of_its_own_caller.py",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_what_threads_hand_in_while_the_loop_empties_its_queue_is_done_in_their_order(run):
    # Whoever found the queue not empty left the wake-up to another, though the loop was about to empty it.
    script = run(
        PROGRAMS
        / "what_threads_hand_in_while_the_loop_empties_its_queue_is_done_in_their_order_script.py"
    )
    assert script.wait_end() == 0, script.output


def test_async_callbacks_go_on_when_one_ends_their_event_loop(serve, call):
    # No async callback ever answered again.
    serve(PROGRAMS / "async_callbacks_go_on_when_one_ends_their_event_loop_provider.py")
    call("""
        assert (g.call.stop_the_loop() & FG(timeout=5)) == "stopped"
        assert (g.call.double(1) & FG(timeout=5)) == 2
        assert (g.call.leave_in_a_task() & FG(timeout=5)) == ("left", True)
        assert (g.call.double(2) & FG(timeout=5)) == 4
        g.stop()
    """)


def test_an_event_loop_starts_while_a_done_callback_holds_up_the_others(serve, call):
    # The thread that calls the functions of users started the loop, too: async callbacks waited for them.
    serve(
        PROVIDER.replace(
            "SERVING",
            """
held, let_go = threading.Event(), threading.Event()

@callback
def hold_up(g):
    (g.call.there() & BG).add_done_callback(hold)
    assert held.wait(20)

@callback
def release():
    let_go.set()

def hold(result):
    held.set()
    let_go.wait(30)

g = meet(process_name="provider")
stay(g)
""",
        )
    )
    call("""
        @callback
        def there():
            time.sleep(0.2)  # still under way when the function is added

        g.call.hold_up() & FG(timeout=20)
        assert (g.call.begin(1) & FG(timeout=20)) is None
        g.call.release() & FG
        g.stop()
    """)


FAILING = """
import daffi._loops.callback_loop

start = threading.Thread.start
left = [1]

def start_later(thread):
    if thread.name == "daffi-loop" and left:
        left.pop()
        FAIL
    start(thread)

threading.Thread.start = start_later
"""
NO_THREAD = """raise RuntimeError("can't start new thread")"""
NO_RUN = """
        run = trio.run
        def fail(*args, **kwargs):
            trio.run = run
            raise RuntimeError("no run")
        trio.run = fail
"""


@pytest.mark.parametrize(
    ("serving", "failing"),
    [("asyncio", NO_THREAD), ("trio", NO_THREAD), ("trio", NO_RUN)],
    ids=["asyncio", "trio", "trio-run"],
)
def test_a_loop_that_cannot_be_started_is_tried_again(serve, call, serving, failing):
    # It was taken for one that runs, and all async callbacks hung.
    failing = FAILING.replace("FAIL", failing.strip())
    serving = SERVING[serving].replace("async def main", failing + "\nasync def main")
    if "async def main" not in serving:
        serving = failing + serving
    serve(PROVIDER.replace("SERVING", serving))
    call("""
        with raises(Overloaded) as caught:
            g.call.begin(1).fg(timeout=20)
        assert "event loop" in str(caught.error), caught.error
        assert g.call.begin(2).fg(timeout=20) is None
        assert g.call.what_began().fg(timeout=20) == [2]
        g.stop()
    """)


def test_a_spare_loop_that_cannot_be_started_is_tried_again(serve, run, place):
    # What came back went to the loop that never ran, and the calls waited for each other.
    serve(
        PROVIDER.replace(
            "SERVING",
            """
@callback
async def there():
    return g.call.back().fg(timeout=20)

@callback
async def inner():
    return "inner"

g = meet(process_name="provider")

@callback
def fail_once():
"""
            + "\n".join("    " + line for line in FAILING.replace("left", "once").splitlines())
            + """
stay(g)
""",
        ).replace("FAIL", NO_THREAD)
    )
    caller = run(
        PROGRAMS / "a_spare_loop_that_cannot_be_started_is_tried_again_caller.py",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


def test_a_task_factory_that_raises_fails_the_calls_of_its_time_alone(serve, call):
    serve(PROGRAMS / "a_task_factory_that_raises_fails_the_calls_of_its_time_alone_provider.py")
    call("""
        import time
        g.call.break_for(0.5) & FG
        for result in [g.call.add(1, number) & BG(timeout=10) for number in range(3)]:
            with raises(LookupError):
                result.get()
        time.sleep(1)  # until the loop makes tasks again
        assert (g.call.add(1, 2) & FG(timeout=10)) == 3
        g.stop()
    """)


def test_a_generator_for_which_the_loop_makes_no_task_fails(serve, call):
    # Whoever iterated it waited for ever.
    serve(PROGRAMS / "a_generator_for_which_the_loop_makes_no_task_fails_provider.py")
    call("""
        g.call.break_second() & FG
        # The first task calls the function, the second runs the generator.
        with raises(LookupError):
            list(g.call.count() & FG)
        assert list(g.call.count() & FG) == [0, 1, 2]
        g.stop()
    """)
