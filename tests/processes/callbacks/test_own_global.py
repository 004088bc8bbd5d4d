"""A parameter called `g` is the Global of the process that runs the callback, and no part of its signature."""

from script import programs

PROGRAMS = programs(__file__)


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
    call(PROGRAMS / "a_parameter_g_is_filled_remotely.py")


def test_a_parameter_g_is_filled_locally(serve):
    # What is called here runs here: no other process is needed.
    provider = serve(PROGRAMS / "a_parameter_g_is_filled_locally_provider.py")
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
    call(PROGRAMS / "passing_g_raises_global_context_error_at_the_caller.py")


def test_passing_g_is_refused_in_every_style_of_call(serve, call):
    serve(PROVIDER + "stay(g)")
    call(PROGRAMS / "passing_g_is_refused_in_every_style_of_call.py")


def test_a_global_as_an_argument_raises_global_context_error_at_the_caller(serve, call):
    serve()
    call(PROGRAMS / "a_global_as_an_argument_raises_global_context_error_at_the_caller.py")


def test_a_global_as_an_argument_is_refused_in_every_style_of_call(serve, call):
    serve()
    call(PROGRAMS / "a_global_as_an_argument_is_refused_in_every_style_of_call.py")


def test_a_partialmethod_has_its_g_filled(serve, call):
    # It stayed a parameter that callers had to give, and could.
    serve(PROGRAMS / "a_partialmethod_has_its_g_filled_provider.py")
    call("""
        assert g.call.preset() & FG == (5, "provider")
        assert g.call.preset_static() & FG == (6, "provider")
        assert g.call.preset_of_class() & FG == (7, "provider")
        with raises(GlobalContextError):
            g.call.preset(g=1) & FG
        assert list(g.call.preset.info) == ["provider"]
        g.stop()
    """)
