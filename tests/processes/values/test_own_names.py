"""What pickles itself by a name of the started script: another script has something else by that name."""

import pytest

OTHER = """
import functools, typing
from place import meet, stay
from daffi import callback

@functools.lru_cache
def rate(x): return "the other script's"

class Missing: pass
MISSING = Missing()
UserId = typing.NewType("UserId", str)

@callback
def echo(value): return value

@callback
def call(function, *args): return function(*args)

stay(meet(process_name="provider"))
"""


def test_a_cached_function_is_never_the_one_of_the_other_script(serve, call):
    # It was found by its name there, and ran in place of the caller's.
    serve(OTHER)
    call("""
        import functools

        @functools.lru_cache(maxsize=7, typed=True)
        def rate(x): return f"{x} of the caller"

        @functools.cache
        def fib(n: int) -> int: return n if n < 2 else fib(n - 1) + fib(n - 2)
        fib.unit = "rabbits"

        def local():
            @functools.cache
            def inner(): return rate(2)
            return inner

        class Rates:
            @functools.lru_cache
            def of(self, x): return rate(x)
            @staticmethod
            @functools.cache
            def fixed(): return 5

        def total(x): return rate(x)

        for function in (total, rate):
            assert g.transfer_and_call("provider", function, 1) == "1 of the caller"
            assert g.call.call(function, 1) & FG == "1 of the caller"
        assert g.transfer_and_call("provider", fib, 90) == fib(90)
        assert g.call.call(local()) & FG == "2 of the caller"
        assert g.call.call(Rates().of, 3) & FG == "3 of the caller"
        assert g.call.call(Rates.fixed) & FG == 5
        back = g.call.echo([fib, rate, {"same": rate}]) & FG
        assert back[0].unit == "rabbits" and back[0].__annotations__ == fib.__annotations__
        assert back[1].cache_parameters() == {"maxsize": 7, "typed": True}
        assert back[1] is back[2]["same"] and back[1](1) == "1 of the caller"
        g.stop()
    """)


def test_a_generic_function_travels_with_what_is_registered(serve, call):
    # Its cache could not be pickled.
    serve(OTHER)
    call("""
        import functools

        @functools.singledispatch
        def rate(x): return "anything"

        class Own: pass

        @rate.register
        def _(x: int): return "a number of " + rate("text")

        @rate.register
        def _(x: Own): return "an own one"

        def total(*values): return [rate(value) for value in values]

        expected = ["a number of anything", "anything", "an own one"]
        values = (True, None, Own())
        assert total(*values) == expected
        assert g.transfer_and_call("provider", total, *values) == expected
        assert [g.call.call(rate, value) & FG for value in values] == expected
        g.stop()
    """)


def test_types_of_annotations_travel(serve, call):
    # A function that was annotated with one could not be sent.
    serve(OTHER)
    call("""
        import typing
        UserId = typing.NewType("UserId", int)
        P = typing.ParamSpec("P", bound=typing.Callable)
        Ts = typing.TypeVarTuple("Ts")

        class Task(typing.Generic[P]): pass

        def double(x: UserId) -> UserId: return UserId(2 * x)

        assert g.transfer_and_call("provider", double, 4) == 8
        assert all(ours is came for ours, came in zip((UserId, P, Ts), g.call.echo((UserId, P, Ts)) & FG))
        assert type(g.call.echo(Task()) & FG) is Task

        def described(): return UserId.__module__, UserId.__qualname__, UserId.__supertype__, P.__bound__, Ts.__name__
        assert g.transfer_and_call("provider", described) == described()
        g.stop()
    """)


SENTINEL = """
class Missing:
    def __reduce__(self): return "MISSING"
class MissingError(Exception):
    def __reduce__(self): return "ERROR"
MISSING, ERROR = Missing(), MissingError()
"""


def test_a_sentinel_is_never_another_object(serve, call):
    # What the other script has by its name arrived in its place.
    serve(OTHER)
    call(
        SENTINEL
        + """
def is_missing(value=MISSING): return value is MISSING

with raises(SerializationError) as caught:
    g.call.echo([MISSING]) & FG
told = str(caught.error)
assert "no 'MISSING' of" in told and "by its name alone" in told and "both processes import" in told, told
with raises(SerializationError):
    g.call.echo(ERROR) & FG
with raises(SerializationError):
    g.transfer_and_call("provider", is_missing)
g.stop()
"""
    )


def test_a_sentinel_is_refused_where_the_script_has_no_file(serve, join):
    serve(OTHER)
    script = join(
        f"""
import os, sys
text = {SENTINEL!r} + '''
from place import meet, raises
from daffi import FG, SerializationError
g = meet(process_name="caller")
g.wait_process("provider", timeout=10)
with raises(SerializationError) as caught:
    g.call.echo([MISSING]) & FG
told = str(caught.error)
assert "(position 1), at [0]: it says that it is 'MISSING' of the started script" in told, told
g.stop()
'''
os.execv(sys.executable, [sys.executable, "-u", "-c", text])
"""
    )
    assert script.wait_end() == 0, script.output


@pytest.mark.parametrize("changed", [False, True])
def test_in_a_process_of_the_same_script_it_is_the_one_of_there(changed, folder, serve, join):
    text = (
        SENTINEL
        + """
import functools, sys, typing
from place import meet, raises, stay
from daffi import FG, SerializationError, callback

UserId = typing.NewType("UserId", int)

@callback
def check(missing, kind): return missing is MISSING, kind is UserId

if sys.argv[1] == "server":
    stay(meet(process_name="provider"))
else:
    g = meet(process_name="caller")
    g.wait_process("provider", timeout=10)
"""
    )
    path = folder / "member.py"
    path.write_text(
        text + "    assert g.call.check(MISSING, UserId) & FG == (True, True)\n    g.stop()\n"
    )
    serve(path, "server")
    if changed:
        ask = "    with raises(SerializationError): g.call.check(MISSING, UserId) & FG\n    g.stop()\n"
        path.write_text(text.replace("Missing:", "Absent:").replace("Missing()", "Absent()") + ask)
    script = join(path, "client")
    assert script.wait_end() == 0, script.output
