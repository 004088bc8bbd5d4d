"""What callers are told of a callback: its own parameters, those of its decorator, and what is filled for them."""

import functools
import types

import pytest

from daffi._registering.injection import filled, filled_where_left_out
from daffi._registering.methods import methods
from daffi._registering.signature import describe


def gives_a_connection(function):
    """Gives the first argument itself, and takes what comes."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        return function("a connection", *args, **kwargs)

    return run


def names_its_own(function):
    """The same with parameters of its own."""

    @functools.wraps(function)
    def run(name, *, loud=False):
        return function("a connection", name, loud)

    return run


def find(db, name, loud=False): ...


def told(function):
    """What is checked of a function, and what people read."""
    description = describe(function)
    return [name for name, _, _ in description.parameters], description.text


def test_a_decorator_that_takes_anything_leaves_the_check_to_what_runs():
    assert told(gives_a_connection(find)) == (["args", "kwargs"], "(db, name, loud=False)")
    # What an item of a stream becomes is still known by the function.
    assert describe(gives_a_connection(find)).spreads
    assert not describe(gives_a_connection(lambda item: item)).spreads


def test_a_decorator_with_parameters_of_its_own_is_checked_by_them():
    assert told(names_its_own(find)) == (["name", "loud"], "(name, *, loud=False)")
    assert told(gives_a_connection(names_its_own(find)))[1] == "(name, *, loud=False)"
    assert not describe(names_its_own(find)).spreads


def test_what_passes_on_what_it_gets_is_looked_through():
    cached = functools.lru_cache(find)
    assert told(cached) == (["db", "name", "loud"], "(db, name, loud=False)")
    assert told(functools.lru_cache(names_its_own(find))) == told(names_its_own(find))
    assert told(functools.partial(find, 1))[1] == "(name, loud=False)"

    class Shelf:
        @gives_a_connection
        def opaque(self, name): ...

        def plain(self, name, g): ...

    assert told(Shelf().opaque) == (["args", "kwargs"], "(name)")
    assert told(types.MethodType(filled(Shelf.plain), Shelf()))[0] == ["name"]


def test_a_signature_that_its_decorator_states_is_believed():
    stated = gives_a_connection(find)
    stated.__signature__ = describe.__globals__["inspect"].signature(lambda name: name)
    assert told(stated) == (["name"], "(name)")


def test_people_are_told_that_g_is_filled():
    def rgb(r, g, b): ...

    assert told(filled(rgb)) == (
        ["r", "b"],
        "(r, b), whose g is filled with the Global of its process",
    )
    assert told(filled(functools.lru_cache(rgb))) == told(filled(rgb))
    with pytest.raises(TypeError, match=r"rgb\(\) takes 2 positional arguments beside g, but 3"):
        filled(rgb)(1, 2, 3)


def test_a_g_with_a_default_of_its_own_is_a_parameter_as_any_other():
    def weight(mass, g=9.81):
        return mass * g

    def follow(start, g={1: 2}):  # noqa: B006 - what cannot be hashed is a default, too
        return g[start]

    for function in (filled(weight), filled_where_left_out(weight)):
        assert (function(2), function(2, 1.5), function(2, g=1)) == (19.62, 3, 2)
    for function in (filled(follow), filled_where_left_out(follow)):
        assert (function(1), function(1, {1: 5}), function(1, g={1: 7})) == (2, 5, 7)
    assert told(filled(weight)) == (["mass", "g"], "(mass, g=9.81)")


def test_a_method_that_chooses_by_its_argument_is_one():
    class Printer:
        @functools.singledispatchmethod
        def show(self, value, width=3):
            return f"{self.__class__.__name__} {value}"

        @show.register
        def _(self, value: int, width=3):
            return f"{value:{width}}"

    (method,) = methods(Printer)
    show = method.bound(Printer(), Printer)
    assert (method.name, told(show)) == ("show", (["value", "width"], "(value, width=3)"))
    assert (show(1), show(1, width=2), show("x")) == ("  1", " 1", "Printer x")
