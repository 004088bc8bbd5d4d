"""A child that is forked inside a callback ends by itself: what it comes back to is its parent's."""

import signal
import textwrap

import pytest

# Each forks and gives the exit code of the child as its parent sees it.
FORKING = {
    "sync": """
        @callback
        def forks(how):
            return child_of(how)
    """,
    "async": """
        @callback
        async def forks(how):
            await asyncio.sleep(0)
            return child_of(how)
    """,
    "hidden async": """
        async def hidden(how):
            return child_of(how)

        @callback
        def forks(how):
            return hidden(how)
    """,
    "generator": """
        @callback
        def forks(how):
            yield child_of(how)
    """,
    "async generator": """
        @callback
        async def forks(how):
            yield child_of(how)
    """,
}

ENDINGS = {"return": 0, "raise": 1, "exit": 4, "exit with text": 1, "exit with nothing": 0}

PROVIDER = """
    import asyncio, os, sys, warnings
    from place import meet, stay
    from daffi import FG, callback, get_g
    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

    def child_of(how):
        child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.reconfigure(write_through=False, line_buffering=False)
        print("buffered once")  # stays in the buffer
        if how == "raise":
            raise RuntimeError("raised in the child")
        if how == "exit":
            sys.exit(4)
        if how == "exit with text":
            sys.exit("said by the child")
        if how == "exit with nothing":
            sys.exit()
        return "of the child"

    FORKING

    @callback
    def add(a, b):
        return a + b

    g = meet(process_name="provider")
    stay(g)
"""


def provider(forking: str) -> str:
    return textwrap.dedent(PROVIDER).replace("FORKING", textwrap.dedent(forking))


@pytest.mark.parametrize("kind", FORKING)
@pytest.mark.parametrize("how", ENDINGS)
def test_the_child_ends_as_its_code_does_and_the_parent_answers(serve, call, kind, how):
    server = serve(provider(FORKING[kind]))
    call(f"""
        given = g.call.forks({how!r}) & FG(timeout=20)
        codes = list(given) if {"generator" in kind} else [given]
        assert codes == [{ENDINGS[how]}], codes
        assert g.call.add(1, 2).fg(timeout=10) == 3
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output
    assert server.output.count("buffered once") == 1, server.output
    assert ("RuntimeError: raised in the child" in server.output) == (how == "raise")
    assert ("Traceback" in server.output) == (how == "raise")
    assert ("said by the child" in server.output) == (how == "exit with text")


def test_a_child_that_awaits_ends_and_runs_nothing_else(serve, call):
    server = serve("""
        import asyncio, os, warnings
        from place import meet, stay
        from daffi import callback
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        parent = os.getpid()

        @callback
        async def ticks():
            while True:
                await asyncio.sleep(0)
                if os.getpid() != parent:
                    print("a step of another", flush=True)

        @callback
        async def forks():
            await asyncio.sleep(0.05)  # so that the others tick
            child = os.fork()
            if child:
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            await asyncio.sleep(0)
            print("the child goes on", flush=True)

        @callback
        async def forks_in_a_task():
            async def task():
                child = os.fork()
                if child:
                    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            return await asyncio.create_task(task())

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        ticking = [g.call.ticks() & BG for _ in range(3)]
        assert g.call.forks().fg(timeout=20) == 1
        assert g.call.forks_in_a_task().fg(timeout=20) == 0
        for result in ticking:
            result.cancel()
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output
    assert "awaits something, and has no event loop" in server.output
    assert "a step of another" not in server.output
    assert "goes on" not in server.output


def test_a_child_forked_on_the_loop_of_trio_ends(serve, call):
    server = serve("""
        import os, trio, warnings
        from place import meet
        from daffi import callback
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        @callback
        async def forks(how):
            await trio.sleep(0)
            child = os.fork()
            if child:
                return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if how == "raise":
                raise RuntimeError("raised in the child")
            if how == "await":
                await trio.sleep(0)
            return "of the child"

        async def main():
            async with meet(process_name="provider") as g:
                print("ready", g.port, flush=True)
                await g.join_async()

        trio.run(main)
    """)
    call("""
        for how, code in ("return", 0), ("raise", 1), ("await", 1), ("return", 0):
            assert g.call.forks(how).fg(timeout=20) == code, how
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output
    assert "awaits something, and has no event loop" in server.output


def test_a_child_can_have_a_global_of_its_own_in_a_callback(serve, call):
    serve("""
        import os, warnings
        from place import meet, stay
        from daffi import FG, callback, get_g
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads

        def in_child(place):
            g = meet(**{**place, "process_name": "child", "init_controller": False})
            value = g.call.double(21) & FG(timeout=10)
            assert value == 42
            # Not stopped: its end does that, and the others see it leave.

        @callback
        def forks(g):
            child = os.fork()
            if child == 0:
                return in_child({"port": g_port} if g_port else {})
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

        g = meet(process_name="provider")
        g_port = g.port
        stay(g)
    """)
    call("""
        @callback
        def double(number):
            return 2 * number

        g.stop()
        g = meet(process_name="caller")
        g.wait_function("forks", timeout=10)
        assert (g.call.forks() & FG) == 0
        while "child" in g.registered_callbacks:
            time.sleep(0.01)  # it has said goodbye; the news comes
        g.stop()
    """)


def test_a_child_forked_by_a_done_callback_ends(serve, call):
    serve()
    call("""
        import os, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        codes, told = [], threading.Event()

        def forks(result):
            child = os.fork()
            if child:
                codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                told.set()

        result = g.call.slow(0.1) & BG
        result.add_done_callback(forks)
        assert told.wait(20)
        assert codes == [0]
        g.stop()
    """)


def test_a_child_forked_by_a_log_handler_of_a_retry_ends(serve, call):
    serve()
    call("""
        import logging, os, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        codes = []

        class Forks(logging.Handler):
            def createLock(self):
                self.lock = None  # the one of `logging` is new in a child, which then cannot release it

            def emit(self, record):
                child = os.fork()
                if child:
                    codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        logger = logging.getLogger("daffi.calls")
        logger.addHandler(Forks())
        logger.setLevel(logging.INFO)
        with raises(RemoteCallError):
            (g.call.fail("it") & BG(retry_policy=RetryPolicy(stop_after_attempt=2, wait=0))).get(20)
        assert codes == [0]
        g.stop()
    """)


POOLS = """
    import asyncio, multiprocessing, os, signal, time, warnings
    from place import meet
    from daffi import callback
    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
    forking = multiprocessing.get_context("fork")

    @callback
    def pool():
        with forking.Pool(2) as workers:
            return workers.map(abs, [-1, -2, -3])

    @callback
    def ended_by(number):
        begun, tell = forking.Pipe(False)
        def nap():
            tell.send("up")
            while True:
                time.sleep(0.01)  # a handler of Python must find time to run
        child = forking.Process(target=nap)
        child.start()
        begun.recv()
        os.kill(child.pid, number)
        child.join()
        return child.exitcode

    g = meet(process_name="provider")
"""

JOINS = {
    "join": "tell(); g.join()",
    "join_async": """
async def main():
    asyncio.get_running_loop().call_soon(tell)
    await g.join_async()
asyncio.run(main())
""",
    "join with a handler above": """
async def main():
    joined = asyncio.ensure_future(g.join_async())
    await asyncio.sleep(0)
    below = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda number, frame: below(number, frame))
    tell()
    await joined
asyncio.run(main())
""",
    "two joins": """
async def main():
    joins = asyncio.gather(g.join_async(), g.join_async())
    asyncio.get_running_loop().call_soon(tell)
    await joins
asyncio.run(main())
""",
}


@pytest.mark.parametrize("joins", JOINS)
def test_signals_end_a_child_of_a_process_that_joins(serve, call, joins):
    server = serve(
        textwrap.dedent(POOLS)
        + """
import threading
before = signal.getsignal(signal.SIGTERM)
def tell():
    def wait():
        while signal.getsignal(signal.SIGTERM) is before:
            pass
        print("ready", g.port, flush=True)
    threading.Thread(target=wait, daemon=True).start()
"""
        + JOINS[joins]
    )
    # A handler of the user's is Python's, which loses a signal that comes right before a wait: as without daffi.
    pools = 0 if joins == "join with a handler above" else 10
    call(f"""
        import signal
        for _ in range({pools}):
            assert g.call.pool().fg(timeout=20) == [1, 2, 3]
        assert g.call.ended_by(signal.SIGTERM).fg(timeout=20) == -signal.SIGTERM
        assert g.call.ended_by(signal.SIGINT).fg(timeout=20) == 1
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output


def test_a_handler_that_calls_ours_does_what_was_there_before_when_the_join_is_over(run):
    script = run("""
        import os, signal, threading
        from place import meet
        from daffi import Global

        g = Global(init_controller=True)
        before = signal.getsignal(signal.SIGTERM)

        def leave():
            while signal.getsignal(signal.SIGTERM) is before:
                pass
            os.kill(os.getpid(), signal.SIGUSR1)

        def put_above(number, frame):
            below = signal.getsignal(signal.SIGTERM)
            signal.signal(signal.SIGTERM, lambda number, frame: below(number, frame))
            g.stop()

        signal.signal(signal.SIGUSR1, put_above)
        threading.Thread(target=leave).start()
        g.join()
        print("over", flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()
    """)
    script.wait_for("^over$")
    assert script.wait_end() == -15, script.output


def test_a_child_of_a_signal_handler_does_not_go_on_waiting(serve, call):
    serve()
    call("""
        import os, signal, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
        codes = []

        def forks(number, frame):
            child = os.fork()
            if child == 0:
                return
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        signal.signal(signal.SIGUSR1, forks)
        parent = os.getpid()
        threading.Timer(0.2, os.kill, [parent, signal.SIGUSR1]).start()
        try:
            assert g.call.slow(1, "answer").fg() == "answer"
        except GlobalContextError as error:
            assert os.getpid() != parent
            assert "before the process was forked" in str(error)
            os._exit(7)
        assert codes == [7]
        g.stop()
    """)


BESIDE = """
    import os, sys, warnings
    from place import meet, stay
    from daffi import callback
    warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons: fork beside threads
    parent, codes = os.getpid(), []

    def forks():
        if os.getpid() != parent:
            return
        child = os.fork()
        if child:
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    def made():
        forks()
        return 5

    class Made:
        def __reduce__(self):
            forks()
            return int, (5,)

    class Loud(Exception):
        def __str__(self):
            forks()
            return "loud"

    class Dropped:
        def __del__(self):
            forks()

    @callback
    def takes(argument):
        return "of the child" if os.getpid() != parent else argument

    @callback
    async def takes_async(argument):
        return argument

    @callback
    def gives():
        return [Made()]

    @callback
    def yields():
        yield Made()

    @callback
    def raises():
        raise Loud("loud")

    @callback
    def drops():
        Dropped()

    @callback
    def seen():
        return codes

    g = meet(process_name="provider")
    stay(g)
"""


@pytest.mark.parametrize(
    "use",
    [
        "assert g.call.takes(Argument()).fg(timeout=20) == 5",
        "assert g.call.takes_async(Argument()).fg(timeout=20) == 5",
        "g.call.takes([Argument()]).stream(timeout=20)",
        "assert g.call.gives().fg(timeout=20) == [5]",
        "assert list(g.call.yields().fg(timeout=20)) == [5]",
        "with contextlib.suppress(RemoteCallError): g.call.raises().fg(timeout=20)",
        "assert g.call.drops().fg(timeout=20) is None",
    ],
)
def test_a_child_forked_while_a_value_is_read_or_written_ends(serve, call, use):
    server = serve(BESIDE)
    call(f"""
        import contextlib
        import sys

        class Argument:
            def __reduce__(self):
                return eval, ("__import__('sys').modules['__main__'].made()",)

        {use}
        codes = g.call.seen().fg(timeout=20)
        assert set(codes) == {{0}}, codes
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output
    assert "waiting for requests failed" not in server.output


def test_a_child_that_forks_again_in_the_same_step_ends_and_so_does_its_child(serve, call):
    # The second one ran the event loop on, which is its grandparent's, without end.
    serve("""
        import os, select
        from place import meet, stay
        from daffi import callback

        read, write = os.pipe()

        @callback
        async def forks():
            os.fork()
            os.fork()
            return os.getpid()

        @callback
        def have_ended():
            # It is at its end when the last of those that can write to it is gone.
            os.close(write)
            return bool(select.select([read], [], [], 10)[0])

        stay(meet(process_name="provider"))
    """)
    call("""
        g.call.forks() & FG(timeout=10)
        assert g.call.have_ended() & FG(timeout=20)
        g.stop()
    """)
