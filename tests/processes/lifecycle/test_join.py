"""`join` and `join_async` return when the process is stopped, and not before."""

import signal

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
import threading, time
from place import meet, raises, stay, within
from daffi import *
"""
SOON = 5


@pytest.fixture(params=["asyncio", "trio"])
def loop(request):
    """The kind of event loop of an asynchronous script."""
    return request.param


def test_join_blocks_until_a_stop_from_another_thread(run):
    script = run(PROGRAMS / "join_blocks_until_a_stop_from_another_thread_script.py")
    assert script.wait_end() == 0


def test_several_threads_may_join(run):
    script = run(
        PRELUDE
        + """
g = meet(init_controller=True)
threads = [threading.Thread(target=g.join) for _ in range(4)]
for thread in threads:
    thread.start()
assert all(thread.is_alive() for thread in threads)
g.stop()
for thread in threads:
    thread.join(5)
    assert not thread.is_alive()
"""
    )
    assert script.wait_end() == 0


def test_join_async_blocks_its_task_until_a_stop_and_leaves_the_loop_free(run, loop):
    script = run(
        PROGRAMS / "join_async_blocks_its_task_until_a_stop_and_leaves_the_loop_free.py", loop
    )
    assert script.wait_end() == 0


def test_a_join_async_that_is_cancelled_stops_the_process(run, loop):
    script = run(PROGRAMS / "a_join_async_that_is_cancelled_stops_the_process.py", loop)
    assert script.wait_end() == 0


def test_sigterm_ends_join_async_cleanly(run, loop):
    script = run(PROGRAMS / "sigterm_ends_join_async_cleanly.py", loop)
    script.wait_for("^ready$")
    script.signal(signal.SIGTERM)
    script.wait_for("^left$", patience=SOON)
    assert script.wait_end(SOON) == 0


def test_after_two_tasks_joined_the_handler_of_sigterm_is_what_it_was(run):
    script = run(
        PROGRAMS / "after_two_tasks_joined_the_handler_of_sigterm_is_what_it_was_script.py"
    )
    assert script.wait_end() == 0


def test_a_handler_that_is_set_during_join_async_stays(run):
    script = run(PROGRAMS / "a_handler_that_is_set_during_join_async_stays_script.py")
    assert script.wait_end() == 0


def test_a_sigterm_handler_of_asyncio_runs_beside_join_async(run):
    script = run(PROGRAMS / "a_sigterm_handler_of_asyncio_runs_beside_join_async_script.py")
    assert script.wait_end() == 0
