"""Forgotten parentheses, forgotten modifiers and turned-round operands on a name: the right spelling is wanted."""

import pytest
from script import programs

PROGRAMS = programs(__file__)


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
    output = call(PROGRAMS / "a_call_that_was_run_in_any_style_says_nothing_when_it_is_dropped.py")
    (line,) = [line for line in output.splitlines() if "hint" not in line]
    assert "g.call.echo(...) has not run" in line
