"""Which exception of daffi comes in which situation, for every way to call."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"
WAYS = """
import asyncio, threading

def error_of(function):
    try:
        function()
    except DaffiError as error:
        return error
    raise AssertionError("nothing raised")

def errors_of(name, *args):
    "The error of a call, made and waited for in every way."
    call = lambda: getattr(g.call, name)(*args)
    plain = made_fetcher(name)
    yield error_of(lambda: call() & FG)
    yield error_of(lambda: call().fg(timeout=20))
    yield error_of(lambda: (getattr(g.call, name) & FG)(*args))
    yield error_of(lambda: (call() & BG).get())
    yield error_of(lambda: plain(*args))

    async def awaited():
        await (call() & FG)

    async def in_the_background():
        await (call() & BG)

    async def used():
        str(call() & FG)

    for main in (awaited, in_the_background, used):
        yield error_of(lambda: asyncio.run(main()))

def made_fetcher(name):
    namespace = {"fetcher": fetcher, "FG": FG}
    exec(f"@fetcher(FG)\\ndef {name}(*args): ...", namespace)
    return namespace[name]
"""


@pytest.fixture
def every_way(serve, call):
    serve(PROVIDER)
    return lambda source: call(WAYS + source)


def test_what_the_function_raised_is_a_remote_call_error_in_every_way_to_call(every_way):
    every_way("""
for name in ("fail", "fail_async", "fail_below"):
    for error in errors_of(name):
        assert isinstance(error, RemoteCallError) and isinstance(error, KeyError), repr(error)
        assert error.args == ("missing",) and error.remote_process == "provider"
        cause = str(error.__cause__)
        assert "provider" in cause and "raise KeyError(" in cause and "KeyError: 'missing'" in cause
g.stop()
""")


def test_what_cannot_be_called_is_a_context_error_in_every_way_to_call(every_way):
    every_way("""
for name, args in (("nothing", ()), ("add", (1,)), ("add", (1, 2, 3)), ("add", (1, g))):
    for error in errors_of(name, *args):
        assert type(error) is GlobalContextError, repr(error)
g.stop()
""")


def test_what_cannot_travel_is_named_in_every_way_to_call(every_way):
    every_way("""
for error in errors_of("add", 1, {"locks": [threading.Lock()]}):
    assert type(error) is SerializationError, repr(error)
    assert "'b'" in str(error) and "['locks'][0]" in str(error)
for name in ("unsendable", "unsendable_async"):
    for error in errors_of(name):
        assert type(error) is SerializationError, repr(error)
        assert "the result, at [0]" in str(error)
g.stop()
""")


def test_without_a_global_a_call_is_a_context_error_in_every_way_to_call(every_way):
    every_way("""
g.stop()
for error in errors_of("add", 1, 2):
    assert type(error) is GlobalContextError, repr(error)
""")


def test_a_timeout_is_also_the_builtin_one_and_never_a_remote_error(serve, call):
    serve(PROVIDER)
    call(PROGRAMS / "a_timeout_is_also_the_builtin_one_and_never_a_remote_error.py")


def test_a_node_that_dies_under_a_call_is_also_a_connection_error(serve, join, call):
    serve("from place import meet, stay; g = meet(process_name='provider'); stay(g)")
    for name in ("first", "second", "third", "fourth"):
        join(PROVIDER, name, name=name).wait_for("^ready")
    call(PROGRAMS / "a_node_that_dies_under_a_call_is_also_a_connection_error.py")


def test_a_call_that_had_not_begun_when_its_node_stopped_finds_no_candidate(serve, join):
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    worker = join(PROVIDER, name="provider")
    worker.wait_for("^ready")
    caller = join(
        PROGRAMS / "a_call_that_had_not_begun_when_its_node_stopped_finds_no_candidate_other.py"
    )
    caller.wait_for("^waiting$")
    worker.end()
    assert caller.wait_end() == 0, caller.output


def test_a_node_that_cannot_be_reached_before_the_call_is_sent_is_no_candidate(serve, join, place):
    place.settings["direct"] = False
    serve("from place import meet, stay; g = meet(init_node=False); stay(g)", name="controller")
    worker = join(PROVIDER, name="provider")
    worker.wait_for("^ready")
    caller = join(
        PROGRAMS / "a_node_that_cannot_be_reached_before_the_call_is_sent_is_no_candidate_other.py"
    )
    caller.wait_for("^there$")
    worker.signal(signal.SIGSTOP)
    caller.signal(signal.SIGUSR1)
    assert caller.wait_end() == 0, caller.output
