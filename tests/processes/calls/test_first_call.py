"""The first call, in every spelling: fetcher, modifier, arguments from the body, and `g.call`."""


def test_a_fetcher_with_a_modifier_gives_the_value(serve, call):
    serve()
    output = call("""
        @fetcher(exec_modifier=FG)
        def add(a: int, b: int) -> int:
            __body_unknown__(a, b)

        print("Result =", add(5, 15))
        g.stop()
    """)
    assert output == "Result = 20"


def test_a_fetcher_without_a_modifier_runs_when_one_is_applied(serve, call):
    serve()
    call("""
        @fetcher
        def add(a, b): ...

        assert (add(1, 2) & FG) == 3
        assert (add(a=1, b=2) & FG()) == 3
        assert (add(1, b=2) & FG(timeout=5)) == 3
        assert (add(1, 2) & BG).get() == 3
        g.stop()
    """)


def test_a_call_overrides_the_modifier_of_its_fetcher(serve, call):
    serve()
    call("""
        @fetcher(FG)
        def add(a, b): ...

        assert add(1, 2) == 3
        assert add(1, 2, __exec_modifier__=BG).get() == 3
        assert add(1, 2, __exec_modifier__=BG(timeout=5)).get() == 3
        g.stop()
    """)


def test_arguments_come_from_the_body_when_asked(serve, call):
    serve()
    call("""
        @fetcher(exec_modifier=FG, args_from_body=True)
        def add(factor):
            return 3 * factor, 7 * factor

        @fetcher(FG, args_from_body=True)
        def echo(word):
            return word.upper()

        assert add(factor=2) == 20
        assert echo("one") == "ONE"
        g.stop()
    """)


def test_an_async_body_makes_arguments_as_long_as_it_does_not_wait(serve, call):
    serve()
    call("""
        import asyncio

        @fetcher(FG, args_from_body=True)
        async def add(factor):
            return 3 * factor, 7 * factor

        @fetcher(FG, args_from_body=True)
        async def echo(word):
            await asyncio.sleep(0)

        async def main():
            assert await add(2) == 20
            with raises(InitializationError) as caught:
                echo("word")
            assert "echo" in str(caught.error) and "await outside" in str(caught.error)

        asyncio.run(main())
        assert add(1) == 10
        g.stop()
    """)


def test_g_call_reaches_a_callback_by_name(serve, call):
    serve()
    call("""
        assert (g.call.add(1, 2) & FG) == 3
        assert (g.call.add(a="x", b="y") & FG) == "xy"
        assert g.call.add(1, 2).fg() == 3
        assert g.call.add(1, 2).bg(timeout=5).get() == 3
        assert (g.call.add & FG)(1, 2) == 3
        assert "add" in dir(g.call)
        g.stop()
    """)


def test_keywords_and_defaults_are_the_remote_ones(serve, call):
    serve()
    call("""
        assert (g.call.greet("ada") & FG) == "hello ada!"
        assert (g.call.greet(name="ada", mark="?") & FG) == "hello ada?"
        assert (g.call.greet("ada", greeting="good day") & FG) == "good day ada!"
        g.stop()
    """)


def test_values_arrive_as_what_they_were(serve, call):
    serve()
    call("""
        import datetime, decimal, fractions, uuid
        import numpy
        values = [
            None, True, -1, 2**200, 1.5, "text", b"bytes", bytearray(b"array"), (1, (2,)), [1, [2]],
            {1: "one", (2, 3): None}, {1, 2}, frozenset("ab"), 1 + 2j, decimal.Decimal("1.10"),
            uuid.uuid4(), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), datetime.timedelta(2),
            fractions.Fraction(1, 3), range(3),
        ]
        for value in values:
            back = g.call.echo(value) & FG
            assert back == value and type(back) is type(value), (value, back)
        array = numpy.arange(12.0).reshape(3, 4)
        back = g.call.echo(array) & FG
        assert back.dtype == array.dtype and (back == array).all()
        big = bytes(range(256)) * 100_000
        assert (g.call.echo(big) & FG) == big
        assert (g.call.size(bytearray(20_000_000)) & FG) == 20_000_000
        g.stop()
    """)


def test_a_callback_stays_a_function_where_it_is_defined(serve, call):
    serve()
    call("""
        @callback
        def local_add(a, b):
            return a + b

        assert local_add(1, 2) == 3
        assert local_add.__name__ == "local_add"
        g.stop()
    """)


def test_the_nodes_call_each_other(serve, run, place):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def twice(value):
            return (g.call.once(value) & FG) * 2

        g = meet(process_name="provider")
        stay(g)
    """)
    caller = run(
        """
        from place import meet
        from daffi import FG, callback

        @callback
        def once(value):
            return value + 1

        g = meet(process_name="caller")
        g.wait_function("twice", timeout=10)
        assert (g.call.twice(20) & FG) == 42
        g.stop()
        """,
        settings=place.there,
    )
    assert caller.wait_end() == 0


def test_nested_calls_do_not_run_out_of_threads(serve, call):
    serve("""
        from place import meet, stay
        from daffi import FG, callback

        @callback
        def down(depth):
            return 0 if depth == 0 else 1 + (g.call.up(depth - 1) & FG)

        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        @callback
        def up(depth):
            return 0 if depth == 0 else 1 + (g.call.down(depth - 1) & FG)

        assert (g.call.down(60) & FG) == 60
        g.stop()
    """)
