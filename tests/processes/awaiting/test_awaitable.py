"""What an `async def` fetcher gives: awaited, used as the value, or left alone."""

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
    call(
        FETCHERS
        + """
        async def main():
            assert await add(1, 2) == 3
            value = add(1, 2)
            assert f"{value}" == "3" and value == 3 and value + 1 == 4 and int(value) == 3
            assert repr(value) == "3"
            assert sorted([add(3, 0), add(1, 0)]) == [1, 3]
            assert await (echo("x") & FG) == "x"
            assert (echo("x") & FG) + "y" == "xy"
            items = echo([1, 2]) & FG
            assert [item for item in items] == [1, 2] and items[1] == 2 and len(items) == 2 and 2 in items
            assert {**(echo({"a": 1}) & FG)} == {"a": 1}
            # Passed on, it is the value.
            assert await (echo(add(1, 2)) & FG) == 3

        asyncio.run(main())
        g.stop()
    """
    )


def test_awaiting_never_blocks_the_event_loop(serve, call):
    serve()
    call(
        FETCHERS
        + """
        async def main():
            ticks = 0
            with within(3):
                waiting = asyncio.gather(*(slow_async(0.5, n) for n in range(20)))
                while not waiting.done():
                    ticks += 1
                    await asyncio.sleep(0.01)
            assert await waiting == list(range(20))
            assert ticks > 10, "the loop stood still"

        asyncio.run(main())
        g.stop()
    """
    )


def test_an_error_comes_where_the_value_is_awaited_or_used(serve, call):
    serve()
    call(
        FETCHERS
        + """
        async def main():
            with raises(ValueError):
                await fail("no number")
            value = fail("no number")
            with raises(ValueError):
                str(value)
            with raises(ValueError):
                await value

        asyncio.run(main())
        g.stop()
    """
    )


def test_a_value_that_nobody_uses_has_its_failure_logged(serve, call):
    serve()
    output = call(
        FETCHERS
        + """
        import gc, logging, sys, threading

        logged = threading.Event()

        class Seen(logging.Handler):
            def emit(self, record):
                print(record.getMessage())
                logged.set()

        logging.getLogger("daffi").addHandler(Seen())

        async def main():
            fail("no number")
            assert await add(1, 2) == 3

        asyncio.run(main())
        gc.collect()
        assert logged.wait(5)
        g.stop()
    """
    )
    assert "nobody waits for it" in output


def test_every_spelling_of_a_call_by_name_can_be_awaited(serve, call):
    serve()
    call("""
        import asyncio, trio

        async def main():
            assert await g.call.add(1, 2) & FG == 3
            assert await (g.call.add(1, 2) & FG) == 3
            assert await (g.call.add(1, 2) & FG(timeout=5)) == 3
            assert (await g.call.add(1, 2) & FG(timeout=5)) == 3
            assert await (g.call.add & FG)(1, 2) == 3
            assert await g.call.add(1, 2).fg() == 3
            assert await (g.call.add(1, 2) & BG) == 3
            assert (await g.call.add(1, 2) & BG).get() == 3
            assert await (await g.call.add(1, 2) & BG(timeout=5)) == 3
            assert (g.call.add(1, 2) & FG) == 3

        asyncio.run(main())
        trio.run(main)
        assert type(g.call.add(1, 2) & FG) is int
        g.stop()
    """)


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
