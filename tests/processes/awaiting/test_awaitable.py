"""What an `async def` fetcher gives: awaited, used as the value, or left alone."""

from script import programs

PROGRAMS = programs(__file__)


FETCHERS = """
        import asyncio
        from daffi import fetcher

        @fetcher(FG)
        async def add(a, b): ...

        @fetcher(FG)
        async def fail(message): ...

        @fetcher
        async def echo(value): ...

        @fetcher(FG)
        async def slow_async(seconds, value=None): ...
"""


def test_the_value_can_be_awaited_and_used_without(serve, call):
    serve()
    call(PROGRAMS / "the_value_can_be_awaited_and_used_without.py")


def test_awaiting_never_blocks_the_event_loop(serve, call):
    serve()
    call(PROGRAMS / "awaiting_never_blocks_the_event_loop.py")


def test_an_error_comes_where_the_value_is_awaited_or_used(serve, call):
    serve()
    call(PROGRAMS / "an_error_comes_where_the_value_is_awaited_or_used.py")


def test_a_value_that_nobody_uses_has_its_failure_logged(serve, call):
    serve()
    output = call(PROGRAMS / "a_value_that_nobody_uses_has_its_failure_logged.py")
    assert "nobody waits for it" in output


def test_every_spelling_of_a_call_by_name_can_be_awaited(serve, call):
    serve()
    call(PROGRAMS / "every_spelling_of_a_call_by_name_can_be_awaited.py")


def test_what_is_changed_in_place_is_a_plain_value(serve, call):
    # It was a proxy of the library behind it, which could not be sent, copied or awaited.
    serve()
    call(
        FETCHERS
        + """
        number, text, items = add(1, 2), echo("a") & FG, echo([1]) & FG
        number += 1
        text += "b"
        items += [2]
        for value, wanted in ((number, 4), (text, "ab"), (items, [1, 2])):
            assert (value, type(value)) == (wanted, type(wanted))
            assert (g.call.echo(value) & FG) == wanted
        g.stop()
        """
    )
