"""Forgotten parentheses, forgotten modifiers and turned-round operands on a name: the right spelling is wanted."""

import pytest


@pytest.mark.parametrize(
    "wrong",
    [
        "g.call.echo.fg()",
        "g.call.echo.bg(timeout=1)",
        "await g.call.echo",
        "await (g.call.echo & FG)",
        "g.call.echo(1) | FG",
        "FG & g.call.echo(1)",
        "FG(timeout=1) & g.call.echo(1)",
    ],
)
def test_what_is_no_call_of_a_name_shows_the_right_spelling(serve, call, wrong):
    serve()
    call(f"""
        import asyncio

        async def main():
            with raises(InitializationError) as caught:
                {wrong}
            assert "&" in str(caught.error), caught.error

        asyncio.run(main())
        g.stop()
    """)


def test_a_call_that_was_run_in_any_style_says_nothing_when_it_is_dropped(serve, call):
    serve()
    output = call("""
        import asyncio, gc, sys

        sys.unraisablehook = lambda raised: print(raised.exc_value, flush=True)

        def every(call):
            call() & FG
            call().fg()
            (call() & BG).get()
            call() & NO_RETURN
            call() & BROADCAST(return_result=True)
            (call() & PERIOD(interval=60)).cancel()
            again = call()
            assert again & FG == again & FG == "value"

        async def main():
            await g.call.echo("value") & FG
            await (g.call.echo("value") & FG)
            await g.call.echo("value").fg()
            await (g.call.echo(["value"]) & STREAM)
            await asyncio.gather(*[g.call.echo(number) & FG for number in range(3)])

        every(lambda: g.call.echo("value"))
        (g.call.echo & FG)("value")
        g.call.echo(["value"]) & STREAM
        asyncio.run(main())
        gc.collect()
        g.call.echo("dropped")
        g.stop()
    """)
    (line,) = [line for line in output.splitlines() if "hint" not in line]
    assert "g.call.echo(...) has not run" in line
