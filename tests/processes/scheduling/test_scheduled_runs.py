"""PERIOD, run by run: with what, one after the other, how many are left, what goes wrong in one."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


@pytest.fixture
def provider(serve):
    return serve(PROVIDER, "provider")


def test_runs_of_an_async_callback_never_overlap(provider, call):
    call("""
        g.call.one_at_a_time() & PERIOD(interval=0.01)
        assert g.call.after(4).fg()[:4] == [1, 1, 1, 1]
        g.stop()
    """)


def test_a_scheduled_callback_gets_the_global_of_its_own_process(provider, call):
    call("""
        g.call.own() & PERIOD(at_time=time.time() + 0.1)
        assert g.call.after(1).fg() == ["provider"]
        g.stop()
    """)


def test_methods_can_be_scheduled(provider, call):
    call("""
        g.call.strike(12) & PERIOD(at_time=time.time() + 0.1)
        g.call.strike_later(hour=1) & PERIOD(at_time=time.time() + 0.2)
        assert g.call.after(2).fg() == [("tower", 12), ("tower", 1)]
        g.stop()
    """)


def test_an_interval_may_be_a_number_a_timedelta_or_text(provider, call):
    call("""
        from datetime import timedelta
        for interval in (0.05, timedelta(milliseconds=50), "50ms", "0.0005 min"):
            task = g.call.tick(str(interval)) & PERIOD(interval=interval)
            assert g.call.after(2).fg()[-1] == str(interval)
            task.cancel()
        g.stop()
    """)


def test_a_list_says_how_many_points_in_time_are_still_to_come(provider, call):
    call(PROGRAMS / "a_list_says_how_many_points_in_time_are_still_to_come.py")


def test_the_node_that_is_named_keeps_the_task(provider, join, call):
    join(PROVIDER, "second", name="second").wait_for("^up$")
    call(PROGRAMS / "the_node_that_is_named_keeps_the_task.py")


def test_only_tasks_of_this_process_are_listed(provider, join, call):
    other = join(
        """
        from place import meet
        from daffi import *
        g = meet(process_name="other")
        g.wait_process("provider", timeout=10)
        print("scheduled", (g.call.tick() & PERIOD(interval=1000)).uuid, flush=True)
        g.join()
    """,
        name="other",
    )
    uuid = other.wait_for("^scheduled (.*)$")[1]
    call(f"""
        mine = g.call.tick() & PERIOD(interval=1000)
        assert [listed["uuid"] for listed in g.get_scheduled_tasks("provider")] == [mine.uuid]
        # Whoever knows its name may end it, though.
        assert g.cancel_scheduled_task_by_uuid("provider", "{uuid}") is True
        g.stop()
    """)


@pytest.mark.parametrize("name", ["stumble", "exits"])
def test_a_failing_run_of_an_async_callback_is_logged_here_and_the_next_one_comes(
    provider, call, name
):
    arguments = "'over a stone'" if name == "stumble" else ""
    call(f"""
        import logging, queue
        logged = queue.Queue()

        class Handler(logging.Handler):
            def emit(self, record):
                logged.put(record)

        logging.getLogger("daffi").addHandler(Handler(level=logging.ERROR))
        task = g.call.{name}({arguments}) & PERIOD(interval=0.05)
        for _ in range(2):
            record = logged.get(timeout=10)
            assert task.uuid in record.getMessage() and "{name}" in record.getMessage()
            assert isinstance(record.exc_info[1], RemoteCallError)
        g.call.after(2) & FG
        g.stop()
    """)
    provider.wait_for(f"a scheduled run of {name} failed")


def test_an_argument_that_cannot_travel_is_told_where_the_task_is_made(provider, call):
    call("""
        import threading
        with raises(SerializationError) as caught:
            g.call.tick([threading.Lock()]) & PERIOD(interval=1)
        assert "[0]" in str(caught.error)
        assert g.get_scheduled_tasks("provider") == []
        g.stop()
    """)


def test_tasks_are_made_listed_and_ended_from_an_event_loop(provider, call):
    call(PROGRAMS / "tasks_are_made_listed_and_ended_from_an_event_loop.py")
