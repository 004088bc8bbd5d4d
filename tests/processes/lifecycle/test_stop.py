"""Stopping: from anywhere, as often as one likes, and nothing is left hanging."""

import signal


def test_stop_is_idempotent_and_legal_from_any_thread(serve, call):
    serve()
    call("""
        import threading
        assert (g.call.add(1, 2) & FG) == 3
        with within(5):
            threads = [threading.Thread(target=g.stop) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            g.stop()
        with within(1):
            g.join()
        with raises(GlobalContextError, InitializationError):
            g.call.add(1, 2) & FG
    """)


def test_stop_ends_the_calls_under_way(serve, call):
    serve()
    call("""
        import threading
        results = [g.call.hold() & BG for _ in range(3)]
        ended = []

        def wait():
            try:
                g.call.hold() & FG
            except DaffiError as error:
                ended.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        with within(10):
            g.stop()
            waiting.join()
        assert len(ended) == 1
        for result in results:
            with within(1), raises(DaffiError):
                result.get()
    """)


def test_callbacks_stay_registered_for_a_later_global(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def ask_back(name, *args):
            g.wait_function(name, timeout=10)
            return getattr(g.call, name)(*args) & FG

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        @callback
        def function():
            return "function"

        @callback
        class Service:
            def method(self, g):
                return g.process_name

        service = Service()
        assert g.call.ask_back("function").fg() == "function"
        g.stop()

        @callback
        def made_while_there_was_none():
            return "made between"

        g = meet(process_name="again")
        g.wait_process("provider", timeout=10)
        assert g.call.ask_back("function").fg() == "function"
        assert g.call.ask_back("method").fg() == "again"
        assert g.call.ask_back("made_while_there_was_none").fg() == "made between"
        g.stop()
    """)


def test_a_process_that_never_stops_still_exits(serve, call):
    serve()
    call("assert (g.call.add(1, 2) & FG) == 3")


def test_a_with_block_stops_at_its_end_whatever_happens_in_it(serve, call):
    serve()
    call("""
        g.stop()
        with meet(process_name="block") as block:
            assert block.is_running and get_g() is block
            block.wait_process("provider", timeout=10)
        assert not block.is_running

        with raises(LookupError):
            with meet(process_name="block") as block:
                raise LookupError
        assert not block.is_running

        with meet(process_name="block") as block:
            block.stop()
    """)


def test_an_async_with_block_stops_at_its_end_whatever_happens_in_it(serve, call):
    serve()
    call("""
        import asyncio, trio
        g.stop()

        async def main():
            async with meet(process_name="modern") as g:
                await g.wait_process_async("provider", timeout=10)
                assert await (g.call.add(1, 2) & BG) == 3
            assert not g.is_running
            with raises(LookupError):
                async with meet(process_name="modern") as g:
                    raise LookupError
            assert not g.is_running

        asyncio.run(main())
        trio.run(main)
    """)


def test_the_end_of_an_async_with_block_leaves_the_loop_free(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def nap_over_there():
            return g.call.nap() & FG

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        import asyncio, threading
        g.stop()
        napping = threading.Event()

        @callback
        def nap():
            napping.set()
            time.sleep(0.5)  # the stop waits for it

        async def main():
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep(0.01)

            async with meet(process_name="modern") as g:
                await g.wait_process_async("provider", timeout=10)
                g.call.nap_over_there() & NO_RETURN
                await asyncio.to_thread(napping.wait)
                ticking = asyncio.create_task(tick())
                await asyncio.sleep(0)
            ticking.cancel()
            assert ticks > 5, ticks

        asyncio.run(main())
    """)


def test_a_process_ends_cleanly_though_callbacks_still_run(serve, call):
    # A thread that ran Python when the interpreter went was ended in the middle of our code: exit status -6.
    provider = serve("""
        import asyncio
        import threading
        import time
        from place import meet
        from daffi import callback

        both = threading.Barrier(3)

        @callback
        def sleep_long():
            both.wait()
            time.sleep(30)  # longer than the process may take to end

        @callback
        async def sleep_long_too():
            await asyncio.to_thread(both.wait)
            await asyncio.sleep(30)

        g = meet(process_name="provider")
        print("ready", g.port, flush=True)
        both.wait()
    """)
    call("""
        results = [g.call.sleep_long() & BG, g.call.sleep_long_too() & BG]
        for result in results:
            with within(15), raises(RemoteStoppedUnexpectedly):
                result.get()
        g.stop()
    """)
    assert provider.wait_end() == 0


def test_a_callback_that_ends_while_its_process_is_stopped_may_call_others(serve, join):
    # Its calls were refused: what it had begun could not be finished.
    serve()
    worker = join(
        """
import asyncio, time
from place import meet, stay
from daffi import BG, FG, NO_RETURN, callback

@callback
def finish():
    print("one began", flush=True)
    while g.is_running:
        time.sleep(0.01)  # no event tells that it takes no more calls
    g.call.add(1, 1) & NO_RETURN
    result = g.call.add(2, 2) & BG
    return (g.call.add(1, 2) & FG) + result.get()

@callback
async def finish_async():
    print("other began", flush=True)
    while g.is_running:
        await asyncio.sleep(0.01)  # as above
    g.call.add(1, 1) & NO_RETURN
    return await (g.call.add(1, 2) & FG) + await g.transfer_and_call_async("provider", abs, -4)

g = meet(process_name="worker")
stay(g)
""",
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(
        """
from place import meet
from daffi import BG
g = meet(process_name="caller")
g.wait_process("worker", timeout=20)
results = [g.call.finish() & BG(timeout=20), g.call.finish_async() & BG(timeout=20)]
print([result.get() for result in results], flush=True)
g.stop()
"""
    )
    worker.wait_for("one began")
    worker.wait_for("other began")
    worker.signal(signal.SIGTERM)
    caller.wait_for(r"^\[7, 7\]$")
    assert worker.wait_end() == 0


def test_callbacks_have_g_while_their_process_stops(serve, call, join):
    # They were told that there is none: a call whose arguments were being read failed, where others are finished.
    serve()
    worker = join(
        """
import itertools, time
from place import meet, stay
from daffi import callback, get_g

numbers = itertools.count(1)

def read():
    # Called by pickle where the argument is read: the stop comes meanwhile.
    print(f"{next(numbers)} are being read", flush=True)
    while g.is_running:
        time.sleep(0.01)  # no event tells that it stops
    return 5

@callback
def given(x, g):
    return x, g.process_name

@callback
async def given_async(x, g):
    return x, g.process_name

@callback
def asks(x):
    return x, get_g().process_name

g = meet(process_name="worker")
stay(g)
""",
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(
        """
from place import meet
from daffi import BG

class Argument:
    def __reduce__(self):
        return eval, ("__import__('sys').modules['__main__'].read()",)

g = meet(process_name="caller")
g.wait_process("worker", timeout=20)
names = "given", "given_async", "asks"
results = [g.call[name](Argument()) & BG(timeout=20) for name in names]
print([result.get() for result in results], flush=True)
g.stop()
"""
    )
    worker.wait_for("3 are being read")
    worker.signal(signal.SIGTERM)
    caller.wait_for(r"^\[\(5, 'worker'\), \(5, 'worker'\), \(5, 'worker'\)\]$")


def test_a_callback_that_a_stop_waits_for_no_longer_is_told(serve, join):
    # Whether it was hung on a race: an async one ran on to its end, and cancelled() stayed False.
    serve()
    worker = join(
        """
import asyncio, threading, time
import daffi
from place import meet, stay
from daffi import callback

over = threading.Semaphore(0)

@callback
def loops():
    print("one began", flush=True)
    while not daffi.cancelled():
        time.sleep(0.01)  # asked now and then, as a callback does
    print("told", flush=True)
    over.release()

@callback
async def waits():
    print("other began", flush=True)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        over.release()
        raise

with meet(process_name="worker") as g:
    print("ready", flush=True)
    g.join()
both = over.acquire(timeout=20) and over.acquire(timeout=20)
print("both were told" if both else "not both were told", flush=True)
""",
        name="worker",
    )
    worker.wait_for("^ready")
    join(
        """
from place import meet
from daffi import BG
g = meet(process_name="caller")
g.wait_process("worker", timeout=20)
results = [g.call.loops() & BG, g.call.waits() & BG]
print([type(result.exception()).__name__ for result in results], flush=True)
g.stop()
"""
    )
    worker.wait_for("one began")
    worker.wait_for("other began")
    worker.signal(signal.SIGTERM)
    worker.wait_for("both were told")


def test_callbacks_beside_one_that_stops_their_process_have_g(serve, join):
    # The stop inside a callback returned at once, and from then on there was no Global for those that it waits for.
    serve()
    worker = join(
        """
import threading, time
from place import meet, stay
from daffi import FG, callback, get_g

begun = threading.Event()

@callback
def stops():
    begun.wait(20)
    get_g().stop()

@callback
def goes_on():
    begun.set()
    while g.is_running:
        time.sleep(0.01)  # no event tells that it stops
    time.sleep(0.2)  # so that the stop has returned
    return get_g().process_name, g.call.add(1, 2) & FG

g = meet(process_name="worker")
stay(g)
""",
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(
        """
from place import meet
from daffi import BG
g = meet(process_name="caller")
g.wait_process("worker", timeout=20)
goes_on = g.call.goes_on() & BG(timeout=20)
g.call.stops() & BG
print(goes_on.get(), flush=True)
g.stop()
"""
    )
    caller.wait_for(r"^\('worker', 3\)$")
    assert worker.wait_end() == 0, worker.output
