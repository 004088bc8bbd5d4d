"""A child that is forked inside a callback ends by itself: what it comes back to is its parent's."""

import signal
import textwrap

import pytest
from script import programs

PROGRAMS = programs(__file__)


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
    server = serve(PROGRAMS / "a_child_that_awaits_ends_and_runs_nothing_else_provider.py")
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
    server = serve(PROGRAMS / "a_child_forked_on_the_loop_of_trio_ends_provider.py")
    call("""
        for how, code in ("return", 0), ("raise", 1), ("await", 1), ("return", 0):
            assert g.call.forks(how).fg(timeout=20) == code, how
        g.stop()
    """)
    server.signal(signal.SIGTERM)
    assert server.wait_end() == 0, server.output
    assert "awaits something, and has no event loop" in server.output


def test_a_child_can_have_a_global_of_its_own_in_a_callback(serve, call):
    serve(PROGRAMS / "a_child_can_have_a_global_of_its_own_in_a_callback_provider.py")
    call(PROGRAMS / "a_child_can_have_a_global_of_its_own_in_a_callback.py")


def test_a_child_forked_by_a_done_callback_ends(serve, call):
    serve()
    call(PROGRAMS / "a_child_forked_by_a_done_callback_ends.py")


def test_a_child_forked_by_a_log_handler_of_a_retry_ends(serve, call):
    serve()
    call(PROGRAMS / "a_child_forked_by_a_log_handler_of_a_retry_ends.py")


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
    script = run(
        PROGRAMS
        / "a_handler_that_calls_ours_does_what_was_there_before_when_the_join_is_over_script.py"
    )
    script.wait_for("^over$")
    assert script.wait_end() == -15, script.output


def test_a_child_of_a_signal_handler_does_not_go_on_waiting(serve, call):
    serve()
    call(PROGRAMS / "a_child_of_a_signal_handler_does_not_go_on_waiting.py")


BESIDE = PROGRAMS / "beside.py"


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
    serve(
        PROGRAMS
        / "a_child_that_forks_again_in_the_same_step_ends_and_so_does_its_child_provider.py"
    )
    call("""
        g.call.forks() & FG(timeout=10)
        assert g.call.have_ended() & FG(timeout=20)
        g.stop()
    """)
