"""`stop` and `kill_all` in an event loop: they take as long, and nothing else waits."""

import pytest
from script import programs

PROGRAMS = programs(__file__)

LOOPS = {"asyncio": "asyncio.run(main())", "trio": "trio.run(main)"}
PROVIDER = """
import asyncio, trio
from place import meet
from daffi import callback

g = meet(process_name="provider")
print("ready", g.port, flush=True)
"""


@pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
def test_kill_all_and_stop_can_be_awaited(serve, join, loop):
    boss = serve(
        PROVIDER
        + f"""
async def main():
    assert await g.kill_all_async() == []
    assert g.is_running
    await g.stop_async()
    assert not g.is_running
    await g.stop_async()
    print("over", flush=True)

g.wait_process("worker", timeout=20)
{loop}
"""
    )
    worker = join(
        """
from place import meet
g = meet(process_name="worker")
g.join()
print("joined", flush=True)
""",
        name="worker",
    )
    boss.wait_for("^over$")
    worker.wait_for("^joined$")
    assert worker.wait_end() == 0


def test_a_stop_that_waits_for_a_callback_holds_up_no_event_loop(serve, join):
    boss = serve(PROGRAMS / "a_stop_that_waits_for_a_callback_holds_up_no_event_loop.py")
    caller = join(
        """
from place import meet
from daffi import FG
g = meet(process_name="caller")
g.wait_function("waits", timeout=20)
print(g.call.waits() & FG(timeout=20), flush=True)
"""
    )
    boss.wait_for("^over$")
    caller.wait_for("^answered$")


def test_an_async_callback_may_await_the_stop_of_its_own_process(serve, call):
    serve("""
        from place import meet, stay
        from daffi import callback

        @callback
        async def leave(g):
            await g.stop_async()
            return "left"

        stay(meet(process_name="provider"))
    """)
    call("""
        with within(5):
            assert g.call.leave() & FG(timeout=20) == "left"
        g.stop()
    """)
