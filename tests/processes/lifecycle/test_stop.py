"""Stopping: from anywhere, as often as one likes, and nothing is left hanging."""

import signal

from script import programs

PROGRAMS = programs(__file__)


def test_stop_is_idempotent_and_legal_from_any_thread(serve, call):
    serve()
    call(PROGRAMS / "stop_is_idempotent_and_legal_from_any_thread.py")


def test_stop_ends_the_calls_under_way(serve, call):
    serve()
    call(PROGRAMS / "stop_ends_the_calls_under_way.py")


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
    call(PROGRAMS / "callbacks_stay_registered_for_a_later_global.py")


def test_a_process_that_never_stops_still_exits(serve, call):
    serve()
    call("assert (g.call.add(1, 2) & FG) == 3")


def test_a_with_block_stops_at_its_end_whatever_happens_in_it(serve, call):
    serve()
    call(PROGRAMS / "a_with_block_stops_at_its_end_whatever_happens_in_it.py")


def test_an_async_with_block_stops_at_its_end_whatever_happens_in_it(serve, call):
    serve()
    call(PROGRAMS / "an_async_with_block_stops_at_its_end_whatever_happens_in_it.py")


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
    call(PROGRAMS / "the_end_of_an_async_with_block_leaves_the_loop_free.py")


def test_a_process_ends_cleanly_though_callbacks_still_run(serve, call):
    # A thread that ran Python when the interpreter went was ended in the middle of our code: exit status -6.
    provider = serve(PROGRAMS / "a_process_ends_cleanly_though_callbacks_still_run_provider.py")
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
        PROGRAMS / "a_callback_that_ends_while_its_process_is_stopped_may_call_others_worker.py",
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
        PROGRAMS / "callbacks_have_g_while_their_process_stops_worker.py",
        name="worker",
    )
    worker.wait_for("^ready")
    caller = join(PROGRAMS / "callbacks_have_g_while_their_process_stops_other.py")
    worker.wait_for("3 are being read")
    worker.signal(signal.SIGTERM)
    caller.wait_for(r"^\[\(5, 'worker'\), \(5, 'worker'\), \(5, 'worker'\)\]$")


def test_a_callback_that_a_stop_waits_for_no_longer_is_told(serve, join):
    # Whether it was hung on a race: an async one ran on to its end, and cancelled() stayed False.
    serve()
    worker = join(
        PROGRAMS / "a_callback_that_a_stop_waits_for_no_longer_is_told_worker.py",
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
        PROGRAMS / "callbacks_beside_one_that_stops_their_process_have_g_worker.py",
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
