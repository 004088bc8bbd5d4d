"""The end of a process while something of it still runs: clean, whatever that is."""

import signal
import textwrap

import pytest

RUNNING = {
    "a callback": "g.call.loops() & BG",
    "a generator": "g.call.gives() & NO_RETURN",
    "a scheduled run": "g.call.loops() & PERIOD(interval='10ms')",
    "a stream": "threading.Thread(target=lambda: g.call.takes([1]) & STREAM, daemon=True).start()",
}


@pytest.mark.parametrize("running", RUNNING.values(), ids=RUNNING)
def test_a_process_ends_cleanly_while_python_still_runs_in_it(serve, join, running):
    provider = serve("""
        import time
        from place import meet, stay
        from daffi import callback

        def run():
            print("running", flush=True)
            while True:
                time.sleep(0.001)  # so that it comes back to Python now and then

        @callback
        def loops():
            run()

        @callback
        def gives():
            yield run()

        @callback
        def takes(item):
            run()

        g = meet(process_name="provider")
        stay(g)
    """)
    join(
        textwrap.dedent("""
            import threading
            from place import meet
            from daffi import *
            g = meet(process_name="caller")
            g.wait_process("provider", timeout=10)
            RUNNING
            g.join()
        """).replace("RUNNING", running)
    )
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


def test_a_process_ends_cleanly_though_a_callback_catches_whatever_is_raised(serve, join):
    provider = serve("""
        import time
        from place import meet, stay
        from daffi import callback

        @callback
        def loops():
            print("running", flush=True)
            while True:
                try:
                    time.sleep(0.001)  # gives others the lock, as working code does
                except:
                    pass

        g = meet(process_name="provider")
        stay(g)
    """)
    join("""
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        result = g.call.loops() & BG
        g.join()
    """)
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


def test_a_process_ends_though_a_callback_that_catches_all_is_ended_while_it_logs(serve, join):
    # It kept the lock of the handler, for which the end of `logging` waited for ever.
    provider = serve("""
        import logging, time
        from place import meet, stay
        from daffi import callback

        class Slow(logging.Handler):
            def emit(self, record):
                time.sleep(0.001)  # most of the time the lock is held, and the interpreter's is free
                str(record)

        log = logging.getLogger("app")
        log.propagate = False
        log.addHandler(Slow())

        @callback
        def loops():
            print("running", flush=True)
            while True:
                try:
                    while True:
                        log.error("again")
                except:
                    pass

        g = meet(process_name="provider")
        stay(g)
    """)
    join("""
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)
        result = g.call.loops() & BG
        g.join()
    """)
    provider.wait_for("^running$")
    provider.signal(signal.SIGTERM)
    assert provider.wait_end() == 0, provider.output


@pytest.mark.parametrize("number", range(5))
def test_a_process_ends_cleanly_though_its_threads_go_on_calling(serve, join, number):
    serve()
    caller = join("""
        import asyncio, threading, time
        from place import meet
        from daffi import *
        g = meet(process_name="caller")
        g.wait_process("provider", timeout=10)

        def calls():
            while True:
                try:
                    g.call.echo(1) & FG
                except DaffiError:
                    pass

        async def awaits():
            while True:
                try:
                    await (g.call.echo(1) & FG)
                except DaffiError:
                    await asyncio.sleep(0)

        async def several():
            await asyncio.gather(*(awaits() for _ in range(5)))

        for target in (calls, calls, lambda: asyncio.run(several()), lambda: asyncio.run(several())):
            threading.Thread(target=target, daemon=True).start()
        time.sleep(0.1)  # so that they are in the middle of it
    """)
    assert caller.wait_end() == 0, caller.output
