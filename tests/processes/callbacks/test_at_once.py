"""How many calls run at once: of one callback, and on the event loop. The others wait in order, and not for ever."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = """
import asyncio, os, threading
from place import meet, stay
from daffi import *

class Seen:
    began, most, running = [], 0, 0
    lock = threading.Lock()

def begin(number):
    with Seen.lock:
        Seen.began.append(number)
        Seen.running += 1
        Seen.most = max(Seen.most, Seen.running)

def end():
    with Seen.lock:
        Seen.running -= 1

gate = threading.Event()

@callback(at_once=BOUND)
def plain(number):
    begin(number)
    gate.wait(30)
    end()
    return number

@callback(at_once=BOUND)
async def on_loop(number):
    begin(number)
    while not gate.is_set():
        await asyncio.sleep(0.01)
    end()
    return number

def undecorated(function):
    return lambda *args: function(*args)

callback(alias("hidden")(undecorated(on_loop)))

@callback(at_once=BOUND)
def items(number):
    begin(number)
    gate.wait(30)
    yield number
    end()

@callback(at_once=BOUND)
async def items_on_loop(number):
    begin(number)
    while not gate.is_set():
        await asyncio.sleep(0.01)
    yield number
    end()

@callback(at_once=BOUND)
class Methods:
    def method(self, number):
        begin(number)
        gate.wait(30)
        end()
        return number

    @staticmethod
    async def method_on_loop(number):
        return await on_loop(number)

Methods()

@fetcher(FG)
@callback(at_once=BOUND)
def stacked(number):
    begin(number)
    gate.wait(30)
    end()
    return number

@callback(at_once=BOUND)
def endless():
    try:
        while True:
            yield 0
    finally:
        begin("closed")

@callback(at_once=BOUND)
async def endless_on_loop():
    try:
        while True:
            yield 0
    finally:
        begin("closed")

@callback
def go_on():
    gate.set()

@callback
async def open_on_loop():
    gate.set()

@callback
async def quick_items(count):
    for number in range(count):
        yield number

@callback
def forget():
    del Seen.began[1:]

@callback
def seen():
    return Seen.began, Seen.most, threading.active_count()

@callback
def threads_of_the_process():
    return len(os.listdir("/proc/self/task"))

@callback
async def beside():
    return "beside"

g = meet(process_name="provider", SETTINGS)
if BOUND == 1:
    # While it runs, too.
    @callback(at_once=BOUND)
    def late(number):
        begin(number)
        gate.wait(30)
        end()
        return number

stay(g)
"""
KINDS = [
    "plain", "on_loop", "items", "items_on_loop", "method", "method_on_loop", "stacked", "late",
]  # fmt: skip


def provider(bound, settings=""):
    return PROVIDER.replace("BOUND", str(bound)).replace("SETTINGS", settings)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("direct", [True, False], ids=["direct", "relayed"])
def test_one_at_once_runs_the_calls_in_their_order(serve, call, place, kind, direct):
    place.settings["direct"] = direct
    serve(provider(1))
    call(f"""
        g.wait_function({kind!r}, timeout=20)
        for number in range(0, 100, 2):
            g.call.{kind}(number) & NO_RETURN
            g.call.{kind}(number + 1) & BROADCAST
        while not g.call.seen().fg()[0]:
            time.sleep(0.01)  # nobody tells
        assert g.call.seen().fg()[:2] == ([0], 1)
        g.call.go_on() & FG
        while len(g.call.seen().fg()[0]) < 100:
            time.sleep(0.01)  # as above
        assert g.call.seen().fg()[:2] == (list(range(100)), 1)
        g.stop()
    """)


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_so_many_run_at_once_and_the_others_wait_without_a_thread(serve, call, kind):
    serve(provider(3))
    call(f"""
        threads = g.call.threads_of_the_process() & FG
        results = [g.call.{kind}(number) & BG for number in range(300)]
        if "items" in {kind!r}:
            # What is iterated runs.
            while not results[2].ready:
                time.sleep(0.01)  # nobody tells
            first = [result.get(timeout=20) for result in results[:3]]
            assert not any(result.ready for result in results[3:])
            g.call.go_on() & FG
            rest = (list(result.get(timeout=20)) for result in results[3:])
            assert [list(items) for items in first] == [[0], [1], [2]]
            assert list(rest) == [[number] for number in range(3, 300)]
        else:
            while len(g.call.seen().fg()[0]) < 3:
                time.sleep(0.01)  # as above
            assert g.call.beside().fg() == "beside"
            assert g.call.threads_of_the_process().fg() < threads + 10
            g.call.go_on() & FG
            assert [result.get(timeout=20) for result in results] == list(range(300))
        assert g.call.seen().fg()[1] <= 3
        g.stop()
    """)


@pytest.mark.parametrize("kind", ["plain", "on_loop"])
def test_a_call_that_is_cancelled_while_it_waits_never_runs(serve, call, kind):
    serve(provider(1))
    call(f"""
        first, second, third = (g.call.{kind}(number) & BG for number in range(3))
        while not g.call.seen().fg()[0]:
            time.sleep(0.01)  # nobody tells
        late = g.call.{kind}(3) & BG(timeout=0.1)
        second.cancel()
        with raises(TimeoutError):
            late.get()
        g.call.go_on() & FG
        assert (first.get(timeout=20), third.get(timeout=20)) == (0, 2)
        assert g.call.seen().fg()[0] == [0, 2]
        g.stop()
    """)


@pytest.mark.parametrize("kind", ["plain", "on_loop", "items"])
def test_who_waits_in_vain_for_as_long_as_the_patience_is_told_and_can_try_again(serve, call, kind):
    serve(provider(1, "patience='300ms'"))
    call(f"""
        first = g.call.{kind}(0) & BG
        if {kind!r} == "items":
            first = first.get(timeout=20)
        with raises(Overloaded) as caught:
            g.call.{kind}(1) & FG(timeout=20)
        assert "{kind}" in str(caught.error) and "1 run at once" in str(caught.error)
        policy = RetryPolicy(Overloaded, stop_after_attempt=1_000, wait=0.01)
        again = g.call.{kind}(2) & BG(retry_policy=policy)
        g.call.go_on() & FG
        if {kind!r} == "items":
            assert list(first) == [0]
        else:
            assert first.get(timeout=20) == 0
        again.get(timeout=20)
        g.stop()
    """)


def test_a_generator_keeps_its_place_until_it_is_closed(serve, call):
    serve(provider(1))
    call(PROGRAMS / "a_generator_keeps_its_place_until_it_is_closed.py")


def test_async_calls_beyond_the_bound_of_the_process_wait_in_order(serve, call):
    serve(provider(1000, "max_tasks=5"))
    call(PROGRAMS / "async_calls_beyond_the_bound_of_the_process_wait_in_order.py")


def test_calls_that_hide_that_they_are_async_count_among_those(serve, call):
    # The bound saw only what `inspect` calls a coroutine function.
    serve(provider(1000, "max_tasks=5"))
    call("""
        results = [g.call.hidden(number) & BG for number in range(50)]
        while len(g.call.seen().fg()[0]) < 5:
            time.sleep(0.01)  # nobody tells
        results[-1].cancel()
        g.call.go_on() & FG
        assert [result.get(timeout=20) for result in results[:-1]] == list(range(49))
        assert g.call.seen().fg()[1] == 5
        g.stop()
    """)


def test_while_all_threads_run_callbacks_async_ones_and_what_every_process_answers_go_on(
    serve, call
):
    serve(provider(1000, "threads=3"))
    call("""
        results = [g.call.plain(number) & BG for number in range(20)]
        assert g.call.beside().fg(timeout=20) == "beside"
        assert list(g.call.quick_items(3).fg(timeout=20)) == [0, 1, 2]
        assert g.get_scheduled_tasks("provider") == []
        task = g.call.open_on_loop() & PERIOD(interval="50ms")
        assert [result.get(timeout=20) for result in results] == list(range(20))
        task.cancel()
        g.stop()
    """)


def test_async_calls_that_wait_for_each_other_beyond_the_bound_end(serve, run, place):
    # Each holds a place and waits for one: without a limit of their own they never ended.
    both = """
from place import meet, stay
from daffi import *

@callback
async def OWN(depth, g):
    return 0 if depth == 0 else 1 + await (g.call.OTHER(depth - 1) & FG)

g = meet(process_name="OWN", max_tasks=3, patience="300ms")
"""

    def process(own, other):
        return both.replace("OWN", own).replace("OTHER", other)

    serve(process("provider", "caller") + "stay(g)")
    caller = run(
        process("caller", "provider")
        + """
g.wait_function("provider", timeout=20)
assert (g.call.provider(5) & FG(timeout=20)) == 5
try:
    g.call.provider(20) & FG
except RemoteCallError as error:
    assert "Overloaded" in str(error) or "at once" in str(error), error
else:
    raise AssertionError("twenty in three places")
assert (g.call.provider(5) & FG(timeout=20)) == 5
g.stop()
""",
        name="caller",
        settings=place.there,
    )
    assert caller.wait_end() == 0, caller.output


@pytest.mark.parametrize("kind", ["plain", "on_loop"])
def test_what_waits_when_the_process_stops_is_told_at_once_that_it_has_not_run(serve, call, kind):
    stopping = """
@callback
def stop_soon(g):
    threading.Thread(target=g.stop).start()

stay(g)
import os
os.write(1, f"began {Seen.began}\\n".encode())  # whole, beside what is logged
"""
    server = serve(provider(1).replace("stay(g)\n", stopping))
    call(f"""
        first = g.call.{kind}(0) & BG
        waiting = [g.call.{kind}(number) & BG for number in range(1, 10)]
        while not g.call.seen().fg()[0]:
            time.sleep(0.01)  # nobody tells
        g.call.stop_soon() & FG
        with within(8):  # the first one is waited for longer than that
            for result in waiting:
                with raises(UnableToFindCandidate):
                    result.get(timeout=20)
        g.stop()
    """)
    server.wait_for(r"^began \[0\]$")
