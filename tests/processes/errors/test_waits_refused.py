"""Waits for others that cannot be."""

import pytest


@pytest.mark.parametrize("timeout", ["-1", "'-5s'", "'soon'", "float('nan')", "object"])
@pytest.mark.parametrize("wait", ["wait_process", "wait_function"])
def test_a_timeout_of_a_wait_that_cannot_be_read_is_refused(serve, call, wait, timeout):
    serve()
    call(f"""
        import asyncio
        for waiting in (
            lambda: g.{wait}("nobody", timeout={timeout}),
            lambda: asyncio.run(g.{wait}_async("nobody", timeout={timeout})),
        ):
            with raises(GlobalContextError) as caught:
                waiting()
            assert f"not a duration: {{{timeout}!r}}" in str(caught.error), caught.error
        g.stop()
    """)


@pytest.mark.parametrize("name", ["5", "None", "b'provider'", "''", "'\\ud800'", "'x' * 300"])
@pytest.mark.parametrize("wait", ["wait_process", "wait_function"])
def test_a_wait_for_what_is_no_name_is_refused(serve, call, wait, name):
    serve()
    call(f"""
        with raises(GlobalContextError) as caught:
            g.{wait}({name})
        assert repr({name})[:40] in str(caught.error), caught.error
        g.stop()
    """)


def test_a_wait_for_the_own_name_is_refused_at_once(serve, call):
    serve()
    call("""
        import asyncio

        async def main():
            with within(5), raises(GlobalContextError) as caught:
                await g.wait_process_async(g.process_name)
            assert "itself" in str(caught.error)

        with within(5), raises(GlobalContextError) as caught:
            g.wait_process(g.process_name)
        assert "itself" in str(caught.error)
        asyncio.run(main())
        g.stop()
    """)


def test_a_process_that_names_itself_for_another_is_told_so(serve, call):
    # It was told to wait for itself, or that there was no such task or process.
    serve()
    call("""
        import asyncio

        own = g.process_name
        for make in (
            lambda: g.transfer_and_call(own, len, "four"),
            lambda: g.transfer_and_call_async(own, len, "four"),
            lambda: g.get_scheduled_tasks(own),
            lambda: asyncio.run(g.get_scheduled_tasks_async(own)),
            lambda: g.cancel_scheduled_task_by_uuid(own, 32 * "0"),
            lambda: g.cancel_scheduled_task_by_uuid(own, "no uuid"),
            lambda: asyncio.run(g.cancel_scheduled_task_by_uuid_async(own, 32 * "0")),
            lambda: g.call.add(1, 2) & FG(node=own),
            lambda: g.call.add(1, 2) & BG(node=own),
            lambda: g.call.add(1, 2) & BROADCAST(node=own),
            lambda: g.call.add(1, 2) & PERIOD(interval=1, node=own),
            lambda: g.call.echo([1]) & STREAM(node=own),
        ):
            with within(5), raises(InitializationError, GlobalContextError) as caught:
                make()
            text = str(caught.error)
            assert "this is the process 'caller' itself" in text and "hint: " in text, text
            assert "g.wait" not in text, text
        g.stop()
    """)
