"""The first call, in every spelling: fetcher, modifier, arguments from the body, and `g.call`."""

from script import programs

PROGRAMS = programs(__file__)


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
    call(PROGRAMS / "arguments_come_from_the_body_when_asked.py")


def test_an_async_body_makes_arguments_as_long_as_it_does_not_wait(serve, call):
    serve()
    call(PROGRAMS / "an_async_body_makes_arguments_as_long_as_it_does_not_wait.py")


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
    call(PROGRAMS / "values_arrive_as_what_they_were.py")


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
        PROGRAMS / "the_nodes_call_each_other_script.py",
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
