"""`g.call`: every way to give it a modifier, what it tells of a name, and what is no call."""

import pytest

TWO = """
    import sys
    from place import meet
    from daffi import callback

    seen = []

    @callback
    def add(a, b):
        seen.append(a)
        return a + b

    if sys.argv[1] == "provider":
        @callback
        def only(first: int, *, second: str = "x") -> bytes:
            return b""

    @callback
    def fail(message):
        raise ValueError(message)

    @callback
    def runs():
        return seen

    g = meet(process_name=sys.argv[1])
    print("ready", g.port, flush=True)
    g.join()
"""


@pytest.fixture
def two(serve, join):
    """Two processes that offer nearly the same."""
    serve(TWO, "provider")
    join(TWO, "second", name="second").wait_for("^ready")


def test_every_modifier_has_a_method_that_takes_its_fields(two, call):
    call("""
        g.wait_process("second")
        assert g.call.add(1, 2).fg() == 3
        assert g.call.add(1, b=2).fg(timeout=5, retry_policy=None, node="second") == 3
        result = g.call.add(1, 2).bg(timeout="5s", eta=0.1, retry_policy=None, node="second")
        assert isinstance(result, AsyncResult) and result.get() == 3
        assert g.call.add(1, 2).bg(return_result=False) is None
        assert g.call.add(1, 2).bg(no_return=True) is None
        assert g.call.add(1, 2).no_return() is None
        assert g.call.add(1, 2).no_return(eta="10ms", node="second") is None
        assert g.call.add(1, 2).broadcast() is None
        values = g.call.add(1, 2).broadcast(
            eta=0.1, timeout=5, return_result=True, retry_policy=None, node=["second", "provider"]
        )
        assert values == {"second": 3, "provider": 3}
        task = g.call.add(1, 2).period(interval=100, node="second")
        assert isinstance(task, ScheduledTask) and task.node == "second" and task.cancel()
        task = g.call.add(1, 2).period(at_time=time.time() + 100)
        assert isinstance(task, ScheduledTask) and task.cancel()
        assert g.call.fail([]).stream(timeout=5, node="second") is None

        @fetcher
        def add(a, b): ...

        assert add(1, 2).fg(timeout=5) == add(1, 2).bg().get() == 3
        g.stop()
    """)


def test_the_time_limit_of_such_a_method_is_one(serve, call):
    serve()
    call("""
        with within(2), raises(TimeoutError):
            g.call.slow(5).fg(timeout=0.1)
        with within(2), raises(TimeoutError):
            g.call.slow(5).bg(timeout="100ms").get()
        with within(2):
            values = g.call.slow(5).broadcast(timeout=0.1, return_result=True)
        assert isinstance(values["provider"], TimeoutError)
        g.stop()
    """)


@pytest.mark.parametrize("name", ["FG", "BG", "NO_RETURN", "BROADCAST", "STREAM"])
def test_a_name_with_a_modifier_is_called_later(serve, call, name):
    serve()
    call(f"""
        first, second = g.call.echo & {name}, g.call.echo & {name}(node="provider")
        assert (g.call.calls_so_far() & FG) == []
        for echo in (first, second, first):
            result = echo(["x"])
            if isinstance(result, AsyncResult):
                assert result.get() == ["x"]
        with within(5):
            while len(seen := g.call.calls_so_far() & FG) < 3:
                time.sleep(0.001)  # nobody tells when a forgotten call has run
        assert seen == ["echo"] * 3
        g.stop()
    """)


def test_a_name_tells_who_offers_it_and_how(two, call):
    call("""
        g.wait_process("second")
        assert g.call.add.exists is True and g.call.only.exists is True
        assert g.call.add.info == {"provider": "(a, b)", "second": "(a, b)"}
        assert g.call.only.info == {"provider": "(first: int, *, second: str = 'x') -> bytes"}

        @fetcher
        def add(): ...

        assert add.exists and set(add.info) == {"provider", "second"}
        assert (g.call.runs() & FG(node="provider")) == []
        g.stop()
    """)


def test_a_name_that_nobody_else_offers_does_not_exist(serve, join, call):
    serve()
    call("""
        @callback
        def mine():
            return 1

        for name in ("nothing", "mine"):
            assert getattr(g.call, name).exists is False
            assert getattr(g.call, name).info == {}
        g.stop()
        with raises(GlobalContextError, InitializationError):
            g.call.add.exists
    """)


def test_existing_is_known_anew_each_time_it_is_asked(serve, join, call):
    serve()
    call("""
        import subprocess, sys, textwrap

        assert not g.call.late.exists
        name = g.call.late
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent('''
                from place import meet
                from daffi import callback

                @callback
                def late(): ...

                meet(process_name="late").join()
            ''')]
        )
        g.wait_function("late", timeout=20)
        assert name.exists and name.info == {"late": "()"}
        child.terminate()
        child.wait()
        with within(10):
            while name.exists:
                time.sleep(0.01)  # no event tells that a process has left
        g.stop()
    """)


def test_a_name_in_a_variable_is_called(serve, call):
    serve()
    call("""
        name = "add"
        assert g.call[name](1, 2) & FG == 3
        assert (g.call[name] & FG)(1, 2) == 3
        assert g.call[name].info == g.call.add.info
        # A name that Python takes for its own.
        assert not g.call["__len__"].exists
        for wrong in ("", 5, None, "a\\0b"):
            with raises(InitializationError) as caught:
                g.call[wrong]
            assert "name" in str(caught.error), caught.error
        with raises(TypeError):
            list(g.call)
        g.stop()
    """)


def test_a_value_that_no_operator_can_give_is_told_of(serve, call):
    # Python took it for an operator that is missing: `&` of a call and of FG.
    serve()
    call("""
        with raises(SerializationError) as caught:
            g.call.echo(NotImplemented) & FG
        assert "NotImplemented" in str(caught.error) and ".fg()" in str(caught.error), caught.error
        assert g.call.echo(NotImplemented).fg() is NotImplemented
        assert (g.call.echo(NotImplemented) & BG).get() is NotImplemented
        g.stop()
    """)


def test_an_event_loop_is_seen_also_where_as_many_modules_have_gone(serve, call):
    # As many modules as before the first loop were taken for a sign that there is none: the value came at once, which
    # held up the loop, and `await` raised.
    serve()
    call("""
        import sys

        def look():
            return g.call.add(1, 2) & FG

        assert "asyncio" not in sys.modules and look() == 3
        before = len(sys.modules)

        import asyncio

        async def main():
            return await look()

        assert asyncio.run(main()) == 3
        last = [name for name in sys.modules if name.partition(".")[0] not in ("asyncio", "daffi")]
        gone = {name: sys.modules.pop(name) for name in last[before - len(sys.modules):]}

        async def main_again():
            found = len(sys.modules), look()
            sys.modules.update(gone)
            return found[0], await found[1]

        assert asyncio.run(main_again()) == (before, 3)
        g.stop()
    """)
