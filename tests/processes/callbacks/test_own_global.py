"""A parameter called `g` is the Global of the process that runs the callback, and no part of its signature."""

PROVIDER = """
import functools
from place import meet, stay
from daffi import FG, Global, callback

def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper

@callback
def plain(g):
    return g.process_name

@callback
def first(g, a, b=2):
    return g.process_name, a, b

@callback
def between(a, g, b=2, *rest):
    return a, g.process_name, b, *rest

@callback
def by_name_only(a, *, g, b=0):
    return a, g.process_name, b

@callback
def with_default(a, g=None):
    return a, g.process_name

@callback
def with_rest(g, **rest):
    return g.process_name, rest

@callback
async def waiting(a, g: Global):
    return a, g.process_name

@callback
@traced
def wrapped(a, g, b):
    return a, g.process_name, b

@callback
def items(upto, g):
    for number in range(upto):
        yield number, g.process_name

@callback
async def async_items(g, upto):
    for number in range(upto):
        yield number, g.process_name

@callback
def back(g, name):
    return getattr(g.call, name)() & FG

@callback
class Service:
    def method(self, a, g, b=2):
        return a, g.process_name, b

    async def async_method(self, g, a):
        return a, g.process_name

    @staticmethod
    def static_method(a, g):
        return a, g.process_name

    @classmethod
    def class_method(cls, g, a):
        return cls.__name__, g.process_name, a

service = Service()
g = meet(process_name="provider")
"""


def test_a_parameter_g_is_filled_remotely(serve, call):
    serve(PROVIDER + "stay(g)")
    call("""
        here = "provider"
        assert g.call.plain().fg() == here
        assert g.call.first(1).fg() == (here, 1, 2)
        assert g.call.first(b=3, a=1).fg() == (here, 1, 3)
        assert g.call.between(1).fg() == (1, here, 2)
        assert g.call.between(1, 3, 4, 5).fg() == (1, here, 3, 4, 5)
        assert g.call.by_name_only(1, b=3).fg() == (1, here, 3)
        assert g.call.with_default(1).fg() == (1, here)
        assert g.call.with_rest(a=1).fg() == (here, {"a": 1})
        assert g.call.waiting(1).fg() == (1, here)
        assert g.call.wrapped(1, 2).fg() == (1, here, 2)
        assert g.call.method(1).fg() == (1, here, 2)
        assert g.call.method(1, 3).fg() == (1, here, 3)
        assert g.call.async_method(1).fg() == (1, here)
        assert g.call.static_method(1).fg() == (1, here)
        assert g.call.class_method(1).fg() == ("Service", here, 1)
        assert list(g.call.items(2).fg()) == [(0, here), (1, here)]
        assert list(g.call.async_items(2).fg()) == [(0, here), (1, here)]
        g.stop()
    """)


def test_a_parameter_g_is_filled_locally(serve):
    # What is called here runs here: no other process is needed.
    provider = serve(
        PROVIDER
        + """
import asyncio
here = "provider"
assert plain() == here
assert first(1, 3) == (here, 1, 3)
assert between(1, 3, 4) == (1, here, 3, 4)
assert by_name_only(1) == (1, here, 0)
assert asyncio.run(waiting(1)) == (1, here)
assert service.method(1, 3) == (1, here, 3)
assert Service.static_method(1) == (1, here)
assert Service.class_method(1) == ("Service", here, 1)
assert list(items(2)) == [(0, here), (1, here)]
async def collected():
    return [item async for item in async_items(2)]
assert asyncio.run(collected()) == [(0, here), (1, here)]
assert asyncio.iscoroutinefunction(waiting) and plain.__name__ == "plain"
stay(g)
"""
    )
    provider.end()


def test_a_callback_calls_others_with_its_g(serve, call):
    serve(PROVIDER + "stay(g)")
    call("""
        @callback
        def answer():
            return 42

        assert g.call.back("answer").fg() == 42
        g.stop()
    """)


def test_passing_g_raises_global_context_error_at_the_caller(serve, call):
    serve(PROVIDER + "stay(g)")
    call("""
        for wrong in (
            g.call.plain(1), g.call.plain(g=1), g.call.first(1, g=1), g.call.first(1, 2, 3),
            g.call.waiting(1, g=None), g.call.method(1, g=1), g.call.with_rest(g=1),
        ):
            with raises(GlobalContextError):
                wrong.fg()

        @callback
        def mine(a, g):
            return a

        with raises(GlobalContextError) as caught:
            mine(1, g=g)
        assert "leave it out" in str(caught.error)
        g.stop()
    """)


def test_passing_g_is_refused_in_every_style_of_call(serve, call):
    serve(PROVIDER + "stay(g)")
    call("""
        import asyncio

        @fetcher(FG)
        def first(g, a, b=2): ...

        @fetcher(FG)
        async def waiting(a, g): ...

        async def awaited(make):
            return await make()

        for wrong in (
            lambda: first(1, g=1),
            lambda: asyncio.run(awaited(lambda: waiting(1, g=1))),
            lambda: asyncio.run(awaited(lambda: g.call.waiting(1, g=1) & FG)),
            lambda: g.call.first(1, g=1) & BG,
            lambda: g.call.first(1, g=1) & NO_RETURN,
            lambda: g.call.first(1, g=1) & BROADCAST,
            lambda: g.call.first(1, g=1) & BROADCAST(return_result=True),
            lambda: g.call.first(1, g=1) & PERIOD(interval=100),
        ):
            with raises(GlobalContextError) as caught:
                wrong()
            assert "unexpected keyword argument 'g'" in str(caught.error), caught.error
        g.stop()
    """)


def test_a_global_as_an_argument_raises_global_context_error_at_the_caller(serve, call):
    serve()
    call("""
        class Holder:
            def __init__(self):
                self.kept = g

        for wrong in (
            g.call.echo(g), g.call.echo(value=g), g.call.echo([1, {"deep": g}]), g.call.echo({g: 1}),
            g.call.echo(Holder()), g.call.echo(g.stop), g.call.echo(get_g()),
        ):
            with raises(GlobalContextError) as caught:
                wrong.fg()
            assert "a Global does not travel" in str(caught.error), caught.error
        assert g.call.calls_so_far().fg() == []
        g.stop()
    """)


def test_a_global_as_an_argument_is_refused_in_every_style_of_call(serve, call):
    serve()
    call("""
        import asyncio

        async def awaited(make):
            return await make()

        for wrong in (
            lambda: g.call.echo(g) & BG,
            lambda: g.call.echo(g) & NO_RETURN,
            lambda: g.call.echo(g) & BROADCAST,
            lambda: g.call.echo(g) & BROADCAST(return_result=True),
            lambda: g.call.echo([g]) & STREAM,
            lambda: g.call.echo(g) & PERIOD(interval=100),
            lambda: asyncio.run(awaited(lambda: g.call.echo(g) & FG)),
            lambda: g.transfer_and_call("provider", len, g),
            lambda: g.transfer_and_call("provider", lambda: g),
        ):
            with raises(GlobalContextError) as caught:
                wrong()
            assert "a Global does not travel" in str(caught.error), caught.error
        assert g.call.calls_so_far().fg() == []
        g.stop()
    """)


def test_a_partialmethod_has_its_g_filled(serve, call):
    # It stayed a parameter that callers had to give, and could.
    serve("""
        import functools
        from place import meet, stay
        from daffi import callback

        @callback
        class Tools:
            def named(self, what, g):
                return what, g.process_name

            preset = functools.partialmethod(named, 5)

            @staticmethod
            def static(what, g):
                return what, g.process_name

            @classmethod
            def of_class(cls, what, g):
                return what, g.process_name

            preset_static = functools.partialmethod(static, 6)
            preset_of_class = functools.partialmethod(of_class, 7)

        Tools()
        g = meet(process_name="provider")
        stay(g)
    """)
    call("""
        assert g.call.preset() & FG == (5, "provider")
        assert g.call.preset_static() & FG == (6, "provider")
        assert g.call.preset_of_class() & FG == (7, "provider")
        with raises(GlobalContextError):
            g.call.preset(g=1) & FG
        assert list(g.call.preset.info) == ["provider"]
        g.stop()
    """)
