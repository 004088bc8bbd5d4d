"""wait_process and wait_function are woken by the event, and end at their limit."""

PRELUDE = """
from place import meet, raises, within
from daffi import *
g = meet(process_name="caller")
"""


def test_waiting_for_a_process_and_a_function(serve, join):
    serve()
    caller = join(
        PRELUDE
        + """
print("waiting", flush=True)
g.wait_process("worker")
print("process", flush=True)
g.wait_function("later")
assert g.registered_callbacks["worker"] == ["later"]
assert (g.call.later() & FG) == "now"
g.stop()
"""
    )
    caller.wait_for("^waiting$")
    worker = join(
        """
        from place import meet
        from daffi import callback

        g = meet(process_name="worker")

        @callback
        def later():
            return "now"

        g.join()
        """,
        name="worker",
    )
    caller.wait_for("^process$")
    assert caller.wait_end() == 0
    worker.end()


def test_waiting_ends_at_its_limit(serve, call):
    serve()
    call("""
        for wait in (g.wait_process, g.wait_function):
            with within(2), raises(TimeoutError) as caught:
                wait("nobody", timeout=0.2)
            assert "nobody" in str(caught.error)
        g.stop()
    """)


def test_what_is_there_is_not_waited_for(serve, call):
    serve()
    call("""
        with within(0.5):
            for _ in range(100):
                g.wait_process("provider")
                g.wait_function("add")
        g.stop()
    """)


def test_the_async_twins_leave_the_loop_free(serve, call):
    serve()
    call("""
        import asyncio

        async def main():
            waiting = asyncio.ensure_future(g.wait_process_async("nobody", timeout=0.3))
            ticks = 0
            while not waiting.done():
                await asyncio.sleep(0.01)
                ticks += 1
            with raises(TimeoutError):
                await waiting
            assert ticks > 5
            await g.wait_function_async("add")

        asyncio.run(main())
        g.stop()
    """)
