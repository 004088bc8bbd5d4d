"""The value of an `async def` fetcher that is not awaited: what it is as good as, and who sees the stand-in."""

FETCHERS = """
        import asyncio
        from daffi import fetcher

        @fetcher(FG)
        async def add(a, b): ...

        @fetcher(FG)
        async def echo(value): ...

        @fetcher(FG)
        async def fail(message): ...
"""


def test_in_an_event_loop_isinstance_sees_the_stand_in_before_and_after_its_use(serve, call):
    # It saw the stand-in before the value was used, and the value after.
    serve()
    call(
        FETCHERS
        + """
        import trio

        def kind(value):
            match value:
                case int(): return "int"
                case _: return "other"

        async def main():
            value = add(1, 2)
            for _ in range(2):
                assert not isinstance(value, int) and kind(value) == "other"
                assert value == 3
            assert await value == 3
            assert not isinstance(value, int) and isinstance(await value, int)

        asyncio.run(main())
        trio.run(main)
        # Where no loop can be held up it is the value, before and after.
        for value in (add(1, 2), add(1, 2) + 0):
            for _ in range(2):
                assert isinstance(value, int) and kind(value) == "int"
                assert value == 3
        with raises(ValueError):
            isinstance(fail("no number"), int)
        g.stop()
    """
    )


def test_what_asks_for_the_exact_type_refuses_the_stand_in(serve, call):
    serve()
    call(
        FETCHERS
        + """
        import json

        async def main():
            value = echo({"a": 1})
            for _ in range(2):
                assert type(value) is not dict
                with raises(TypeError):
                    json.dumps(value)
                with raises(TypeError):
                    "".join([echo("x")])
                assert value == {"a": 1}
            assert json.dumps(await value) == '{"a": 1}' and "".join([await echo("x")]) == "x"
            key = echo("key")
            assert {key: 1}.get("key") is None
            assert echo(None) is not None and await echo(None) is None

        asyncio.run(main())
        g.stop()
    """
    )


def test_in_an_event_loop_a_value_is_used_in_every_way_that_is_promised(serve, call):
    serve()
    call(
        FETCHERS
        + """
        import copy, pickle

        async def main():
            assert str(echo("text")) == f"{echo('text')}" == "text" and repr(echo("x")) == "'x'"
            assert echo(2) == 2 and echo(2) != 3 and echo(2) < 3 and echo([1]) == [1] and bool(echo(""))  is False
            assert echo(2) + 1 == 1 + echo(2) == 3 and -echo(2) == -2 and round(echo(2.5)) == 2
            assert int(echo("2")) == 2 and float(echo(2)) == 2.0 and list(range(echo(2))) == [0, 1]
            assert len(echo([1, 2])) == 2 and echo([1, 2])[1] == 2 and 2 in echo([1, 2])
            assert [*echo([1, 2])] == [1, 2] and {**echo({"a": 1})} == {"a": 1}
            assert echo("text").upper() == "TEXT" and max(echo(1), 2) == 2 and sorted([echo(2), echo(1)]) == [1, 2]
            assert copy.deepcopy(echo([1])) == [1] and type(pickle.loads(pickle.dumps(echo(1)))) is int
            assert await echo([echo(1)]) == [1] and (g.call.echo(echo(1)) & BG).get() == 1

        asyncio.run(main())
        g.stop()
    """
    )
