"""A call that nobody waits for any more: its callback is told, and the calls that it made in turn."""

from page import ROOT
from script import programs

PROGRAMS = programs(__file__)


SLOW = ROOT / "tests" / "support" / "cancellable.py"


def test_a_sync_callback_can_ask_whether_it_is_cancelled(serve, call):
    provider = serve(SLOW)
    call("""
        import daffi
        assert daffi.cancelled() is False
        assert (g.call.time_left_of(1) & FG(timeout=60)) is False
        with raises(TimeoutError):
            g.call.until_cancelled("by the deadline") & FG(timeout=0.1)
        g.stop()
    """)
    provider.wait_for("^by the deadline$", patience=5)
    call("""
        result = g.call.until_cancelled("by hand") & BG
        with within(5):
            while g.call.begun_so_far().fg() < 2:
                pass
        assert result.cancel() and result.cancelled()
        with raises(CallCancelled):
            result.get()
        g.stop()
    """)
    provider.wait_for("^by hand$", patience=5)


def test_an_async_callback_is_cancelled(serve, call):
    provider = serve(SLOW)
    call("""
        with raises(TimeoutError):
            g.call.until_cancelled_async("by the deadline") & FG(timeout=0.1)
        g.stop()
    """)
    provider.wait_for("^by the deadline$", patience=5)
    call("""
        result = g.call.until_cancelled_async("by hand") & BG
        with within(5):
            while g.call.begun_so_far().fg() < 2:
                pass
        assert result.cancel() and result.cancelled()
        with raises(CallCancelled):
            result.get()
        g.stop()
    """)
    provider.wait_for("^by hand$", patience=5)


def test_a_cancelled_task_of_asyncio_leaves_the_call_to_whoever_holds_it(serve, call):
    serve()
    call(PROGRAMS / "a_cancelled_task_of_asyncio_leaves_the_call_to_whoever_holds_it.py")


def test_the_time_left_reaches_nested_calls(serve, join, call):
    provider = serve(SLOW)
    between = join(
        PROGRAMS / "the_time_left_reaches_nested_calls_between.py",
        name="between",
    )
    between.wait_for("^ready")
    # Within its limit a call must have reached the provider.
    call("""
        from place import slowdown
        g.wait_process("between")
        for through in (g.call.through, g.call.through_async):
            for name in ("until_cancelled", "until_cancelled_async"):
                with within(5), raises(TimeoutError):
                    through(name, "nested") & FG(timeout=0.2 * slowdown())
        g.stop()
    """)
    for _ in range(4):
        provider.wait_for("^nested$", patience=5)
