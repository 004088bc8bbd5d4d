"""`AsyncResult`: one outcome for every look, whoever looks, and what it has of `concurrent.futures.Future`."""

from script import programs

PROGRAMS = programs(__file__)


def test_every_look_gives_the_same_value_from_any_thread(serve, call):
    serve()
    call(PROGRAMS / "every_look_gives_the_same_value_from_any_thread.py")


def test_every_look_gives_the_same_error(serve, call):
    serve()
    call("""
        import asyncio
        result = g.call.fail("x") & BG
        errors = []
        for look in (result.get, result.get, result.result, lambda: asyncio.run(result.get_async())):
            with raises(ValueError) as caught:
                look()
            errors.append(caught.error)
        errors += [result.exception(), result.error]
        assert all(error is errors[0] for error in errors)
        g.stop()
    """)


def test_ready_and_error_never_wait(serve, call):
    serve()
    call(PROGRAMS / "ready_and_error_never_wait.py")


def test_every_call_has_a_uuid_of_its_own_and_keeps_it(serve, call):
    serve()
    call("""
        import uuid
        results = [g.call.add(1, 2) & BG for _ in range(50)]
        uuids = [result.uuid for result in results]
        assert len(set(uuids)) == 50
        assert [str(uuid.UUID(text)) for text in uuids] == uuids
        assert [result.get() for result in results] == [3] * 50
        assert [result.uuid for result in results] == uuids
        assert {result.func_name for result in results} == {"add"}
        g.stop()
    """)


def test_an_event_loop_waits_as_long_as_it_is_told_and_the_call_goes_on(serve, call):
    serve()
    call(PROGRAMS / "an_event_loop_waits_as_long_as_it_is_told_and_the_call_goes_on.py")


def test_several_tasks_await_one_result(serve, call):
    serve()
    call(PROGRAMS / "several_tasks_await_one_result.py")


def test_a_result_reads_like_a_future(serve, call):
    serve()
    call(PROGRAMS / "a_result_reads_like_a_future.py")


def test_what_has_ended_is_not_cancelled_any_more(serve, call):
    serve()
    call("""
        good, bad = g.call.add(1, 2) & BG, g.call.fail("x") & BG
        assert good.get() == 3 and bad.exception()
        for ended in (good, bad):
            assert ended.cancel() is False
            assert not ended.cancelled()
        assert good.get() == 3 and isinstance(bad.error, ValueError)
        g.stop()
    """)


def test_done_callbacks_are_called_once_each_in_order_whatever_the_end(serve, call):
    serve()
    call(PROGRAMS / "done_callbacks_are_called_once_each_in_order_whatever_the_end.py")


def test_a_done_callback_that_raises_is_reported_and_harms_nobody(serve, call):
    serve()
    output = call(PROGRAMS / "a_done_callback_that_raises_is_reported_and_harms_nobody.py")
    assert output.splitlines() == ["reported in the hook of slow"] * 2


def test_a_done_callback_may_call_again(serve, call):
    serve()
    call(PROGRAMS / "a_done_callback_may_call_again.py")


def test_what_reads_a_value_cannot_wait_for_it(serve, call):
    # It waited for itself, in a lock that nothing interrupts.
    serve()
    call(PROGRAMS / "what_reads_a_value_cannot_wait_for_it.py")
