"""PERIOD: when runs come, what is told of them, how they end."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


PROVIDER = PROGRAMS / "provider.py"


@pytest.fixture
def provider(serve):
    return serve(PROVIDER)


def test_an_interval_runs_again_and_again_until_it_is_cancelled(provider, call):
    call("""
        task = g.call.tick(1, two=2) & PERIOD(interval=0.05)
        assert isinstance(task, ScheduledTask)
        assert task.func_name == "tick" and task.node == "provider" and task.uuid
        seen = g.call.after(3) & FG
        assert [tuple(run) for run in seen] == [((1,), {"two": 2})] * 3
        assert task.cancel() is True
        assert task.cancel() is False
        assert g.get_scheduled_tasks("provider") == []
        g.stop()
    """)


def test_the_first_run_comes_after_one_interval(provider, call):
    call("""
        start = time.monotonic()
        g.call.tick() & PERIOD(interval="300ms")
        g.call.after(1) & FG
        assert time.monotonic() - start >= 0.3
        g.stop()
    """)


def test_every_point_in_time_is_a_run(provider, call):
    call("""
        start = time.time()
        g.call.tick() & PERIOD(at_time=[start + 0.4, start + 0.2])
        task = g.call.tick() & PERIOD(at_time=start + 0.3)
        g.call.after(3) & FG
        assert time.time() >= start + 0.4
        while g.get_scheduled_tasks("provider"):
            time.sleep(0.01)  # no event tells that a task is over
        assert task.cancel() is False
        g.stop()
    """)


def test_datetimes_are_points_in_time(provider, call):
    call("""
        from datetime import datetime, timedelta, timezone
        soon = timedelta(seconds=0.2)
        g.call.tick() & PERIOD(at_time=datetime.now() + soon)
        g.call.tick() & PERIOD(at_time=datetime.now(timezone.utc) + soon)
        g.call.tick() & PERIOD(at_time=datetime.now(timezone(timedelta(hours=9))) + soon)
        g.call.after(3) & FG
        g.stop()
    """)


def test_every_run_gets_the_arguments_anew(provider, call):
    call("""
        g.call.change([[1], bytearray(100_000)]) & PERIOD(interval=0.05)
        runs = g.call.after(3) & FG
        assert all(run == [[1], "bytearray", 0] for run in runs), runs
        g.stop()
    """)


def test_an_async_callback_can_be_scheduled(provider, call):
    call("""
        g.call.tick_async("value") & PERIOD(interval=0.05)
        assert (g.call.after(2) & FG) == ["value", "value"]
        g.stop()
    """)


def test_runs_of_one_task_never_overlap(provider, call):
    call("""
        g.call.one_at_a_time() & PERIOD(interval=0.01)
        assert (g.call.after(4) & FG)[:4] == [1, 1, 1, 1]
        g.stop()
    """)


def test_a_failing_run_is_logged_at_both_ends_and_the_next_one_comes(provider, call):
    output = call(PROGRAMS / "a_failing_run_is_logged_at_both_ends_and_the_next_one_comes.py")
    lines = output.splitlines()
    uuid = next(line for line in lines if line.startswith("task ")).removeprefix("task ")
    text = f"a scheduled run of stumble failed, task {uuid}: over a stone"
    assert [line for line in lines if line.startswith("logged")][:2] == [
        f"logged {text} provider"
    ] * 2
    provider.wait_for(text)


def test_what_this_process_scheduled_is_listed_in_its_order(provider, call):
    call(PROGRAMS / "what_this_process_scheduled_is_listed_in_its_order.py")


def test_an_unknown_task_or_node_is_an_error(provider, call):
    call("""
        import uuid
        for unknown in (str(uuid.uuid4()), "nonsense", ""):
            with raises(RemoteCallError) as caught:
                g.cancel_scheduled_task_by_uuid("provider", unknown)
            assert repr(unknown) in str(caught.error)
        for node, what in (("nobody", "there are: [ provider ]"), ("caller", "itself")):
            with raises(InitializationError) as caught:
                g.get_scheduled_tasks(node)
            assert node in str(caught.error) and what in str(caught.error)
        g.stop()
    """)


def test_a_task_outlives_who_scheduled_it_and_anyone_may_cancel_it(provider, call):
    uuid = call("""
        print((g.call.tick() & PERIOD(interval=0.05)).uuid)
        g.stop()
    """).strip()
    call(f"""
        g.call.after(3) & FG
        assert g.get_scheduled_tasks("provider") == []
        assert g.cancel_scheduled_task_by_uuid("provider", "{uuid}") is True
        g.stop()
    """)


def test_a_task_of_a_process_that_has_stopped_is_over(serve, join, call):
    serve("from place import meet, stay; g = meet(process_name='provider'); stay(g)")
    worker = join(
        PROGRAMS / "a_task_of_a_process_that_has_stopped_is_over_worker.py",
        name="worker",
    )
    worker.wait_for("^up$")
    call("""
        g.wait_process("worker")
        task = g.call.tick() & PERIOD(interval=0.01, node="worker")
        g.call.leave() & FG
        while "worker" in g.registered_callbacks:
            time.sleep(0.01)  # no event tells that a process has left
        with raises(InitializationError):  # nobody knows whether it was only cut off
            task.cancel()
        other_of_its_name = ScheduledTask("tick", task.uuid, "provider")
        assert other_of_its_name.cancel() is False
        g.stop()
    """)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata"])
def test_a_stamp_of_utcnow_means_what_its_writer_meant(zone, serve, join, place):
    if place.transport == "tcp":
        place.settings["direct"] = "tcp"
    serve(PROVIDER)
    caller = join(f"""
        import os, time
        os.environ["TZ"] = "{zone}"
        time.tzset()
        import warnings
        from datetime import datetime
        from place import meet
        from daffi import *
        warnings.simplefilter("ignore", DeprecationWarning)
        g = meet(process_name="caller")
        g.wait_process("provider")
        g.call.tick() & PERIOD(at_time=datetime.utcnow().timestamp() + 0.3)
        g.call.tick() & PERIOD(at_time=datetime.utcnow().timestamp() + 0.4)
        g.call.tick() & PERIOD(at_time=time.time() + 0.3)
        assert len(g.call.after(3) & FG(timeout=10)) == 3
        g.stop()
    """)
    assert caller.wait_end() == 0, caller.output


def test_all_spellings_schedule(provider, call):
    call(PROGRAMS / "all_spellings_schedule.py")


def test_a_call_that_cannot_work_is_not_scheduled(provider, call):
    call(PROGRAMS / "a_call_that_cannot_work_is_not_scheduled.py")


def test_tasks_are_kept_and_told_of_through_the_controller(serve, join, place):
    place.settings["direct"] = False
    provider = serve(PROVIDER)
    caller = join(PROGRAMS / "tasks_are_kept_and_told_of_through_the_controller_other.py")
    provider.wait_for("a scheduled run of stumble failed")
    caller.wait_for("a scheduled run of stumble failed")
