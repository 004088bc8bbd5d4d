"""Wrong use of a decorator: the right class of error, with the place where the decorator stands."""

import abc
import asyncio
import functools
import importlib
import inspect
import sys
import threading

import pytest

from daffi import (
    FG,
    InitializationError,
    alias,
    callback,
    callback_and_fetcher,
    fetcher,
    local,
)

# The registry is one for the process: each test has names of its own.


def refused(text, *, wants, line=None):
    """The code must be refused, with what is wanted and the line of the decorator in the message."""
    code = compile("from daffi import *\n" + text, "wrong_use.py", "exec")
    with pytest.raises(InitializationError, match=wants) as caught:
        exec(code, {"__name__": "wrong_use"})
    assert "wrong_use.py:" in str(caught.value)
    if line is not None:
        assert f"wrong_use.py:{line}" in str(caught.value)


@pytest.mark.parametrize(
    "decorator", ["callback", "fetcher", "callback_and_fetcher", "fetcher(FG)"]
)
def test_a_lambda_is_refused_where_it_is_decorated(decorator):
    refused(f"\n{decorator}(lambda: 1)", wants="lambda", line=3)


@pytest.mark.parametrize(
    "decorator", ["callback", "fetcher(FG)", "fetcher", "callback_and_fetcher"]
)
@pytest.mark.parametrize("thing", ["5", "'name'", "[len]", "b''"])
def test_what_cannot_be_called_is_refused_where_it_is_decorated(decorator, thing):
    refused(f"{decorator}({thing})", wants="not this", line=2)


@pytest.mark.parametrize("bound", ["0", "-1", "1.0", "'1'", "True", "1 << 64"])
def test_how_many_run_at_once_is_a_number_from_one(bound):
    refused(f"\n@callback(at_once={bound})\ndef odd(): ...", wants="at_once", line=3)
    refused(f"@callback(at_once={bound})\nclass Odd: ...", wants="at_once", line=2)


def test_a_bound_leaves_a_callback_what_it_was():
    @callback(at_once=2)
    def bounded_one(a):
        return a + 1

    @callback()
    async def bounded_two():
        return 2

    @callback(at_once=1)
    class BoundedClass:
        def bounded_three(self):
            return 3

    @callback(at_once=1)
    @fetcher(FG)
    def bounded_four(): ...

    assert bounded_one(1) == 2
    assert asyncio.run(bounded_two()) == 2
    assert BoundedClass().bounded_three() == 3
    assert "fetcher" in repr(bounded_four)


def test_a_function_without_a_name_needs_an_alias():
    refused("import functools\ncallback(functools.partial(len))", wants="needs a name", line=3)


@pytest.mark.parametrize("parameters", ["g, /", "a, g, /, b", "*g", "**g"])
@pytest.mark.parametrize("head", ["", "async "])
def test_g_must_be_a_parameter_that_takes_a_name(parameters, head):
    refused(f"@callback\n{head}def odd({parameters}): ...", wants="the parameter g", line=2)
    refused(
        f"@callback\nclass Odd:\n    {head}def odd(self, {parameters}): ...",
        wants="the parameter g",
        line=4,
    )


@pytest.mark.parametrize(
    "decorator", ["callback", "fetcher", "fetcher(FG)", "callback_and_fetcher"]
)
def test_a_class_without_public_methods_is_refused(decorator):
    # It offered nothing, and said nothing.
    for body in ("pass", "value = 5", "def _private(self): ...", "@local\n    def mine(self): ..."):
        refused(
            f"@{decorator}\nclass Empty:\n    {body}",
            wants=r"public methods, and this has none: Empty.*\nhint: ",
            line=2,
        )


@pytest.mark.parametrize("decorator", ["callback", "callback_and_fetcher"])
def test_an_abstract_class_is_no_callback_as_it_has_no_instance(decorator):
    # Its callers were told to make an instance, which nobody can.
    refused(
        "import abc\n@"
        + decorator
        + "\nclass Shape(abc.ABC):\n    @abc.abstractmethod\n    def area(self): ...",
        wants=r"this one is abstract: Shape.*\nhint: @callback on the class that implements it",
        line=3,
    )
    refused(
        "import typing\n@"
        + decorator
        + "\nclass Area(typing.Protocol):\n    def area_of_all(self): ...",
        wants="this one is abstract: Area",
        line=3,
    )


def test_a_class_that_implements_an_abstract_one_is_a_callback():
    class AbstractShelf(abc.ABC):
        @abc.abstractmethod
        def abstract_shelf_size(self): ...

    @callback
    class OwnShelf(AbstractShelf):
        def abstract_shelf_size(self):
            return 5

    @callback
    class Statics(abc.ABC):
        @staticmethod
        @abc.abstractmethod
        def static_of_abstract(): ...

    assert OwnShelf().abstract_shelf_size() == 5


@pytest.mark.parametrize(
    "decorator", ["fetcher", "fetcher(FG)", "fetcher(FG, args_from_body=True)"]
)
def test_a_method_of_an_undecorated_class_is_no_fetcher(decorator):
    refused(
        f"class Plain:\n    @{decorator}\n    def lonely(self, a): ...",
        wants=r"a method needs its object.*Plain\.lonely.*\nhint: @fetcher on the class",
        line=3,
    )


def test_a_function_in_the_body_of_a_class_that_needs_no_object_may_be_a_fetcher():
    class Plain:
        @staticmethod
        @fetcher(FG)
        def free(a): ...

    assert repr(Plain.free) == '<daffi fetcher of "free">'


def test_a_second_callback_of_one_name_names_both_places():
    refused(
        "def make(n):\n    @callback\n    def twice(): return n\nmake(1)\nmake(2)",
        wants="already a callback named 'twice'",
        line=3,
    )
    refused(
        "@callback\ndef again(): ...\n@callback\ndef again(): ...",
        wants="already a callback named 'again'",
        line=4,
    )
    refused(
        "@callback\ndef in_class(): ...\n@callback\nclass C:\n    def in_class(self): ...",
        wants="already a callback named 'in_class'",
        line=6,
    )


def test_a_method_that_two_callback_classes_share_is_a_second_of_its_name():
    # Nobody was told, and calls went to whichever class had its instance last.
    refused(
        "@callback\nclass Base:\n    def shared(self): ...\n@callback\nclass Sub(Base): ...",
        wants=r"already a callback named 'shared'.* of Base; .* of Sub",
        line=4,
    )
    refused(
        "class Mixin:\n    @staticmethod\n    def mixed_in(g): ...\n"
        "@callback\nclass A(Mixin): ...\n@callback\nclass B(Mixin): ...",
        wants="already a callback named 'mixed_in'",
        line=3,
    )


def test_a_class_with_a_taken_name_registers_none_of_its_methods():
    @callback
    def taken_name():
        return 1

    class Clash:
        def free_name(self):
            return 1

        def taken_name(self):
            return 1

    with pytest.raises(InitializationError, match="taken_name"):
        callback(Clash)

    @callback
    def free_name():
        return 1

    Clash(), Clash()


def test_two_methods_of_one_name_are_refused():
    refused(
        "@callback\nclass Two:\n    def one(self): ...\n    @alias('one')\n    def two(self): ...",
        wants="two methods of one class have the name 'one'",
    )


@pytest.mark.parametrize("name", ["''", "None", "5", "callback"])
def test_an_alias_is_a_name(name):
    refused(f"alias({name})", wants="an alias is a name", line=2)


@pytest.mark.parametrize("marker", ["alias('new')", "local"])
@pytest.mark.parametrize("decorator", ["callback", "fetcher(FG)", "callback_and_fetcher"])
def test_alias_and_local_stand_below_callback_and_fetcher(marker, decorator):
    name = f"below_{marker[:5]}_{decorator[:9].strip('(')}".replace("(", "")
    refused(f"@{marker}\n@{decorator}\ndef {name}(): ...", wants="too late", line=2)


def test_local_is_for_methods():
    refused("@callback\n@local\ndef contradiction(): ...", wants="@local is for methods", line=2)
    refused("@local\nclass Whole: ...", wants="@local is for functions and methods", line=2)


def test_decorating_the_same_function_again_changes_nothing():
    def same_again():
        return 1

    assert callback(callback(same_again)) is same_again


def test_the_decorated_function_and_class_stay_what_they_were():
    def stays_function(a):
        return a

    class StaysClass:
        """What it is for."""

        def __init__(self, start: int):
            self.start = start

        def stays_method(self):
            return self.start

    before = inspect.signature(StaysClass), StaysClass.stays_method, StaysClass.__doc__
    assert callback(stays_function) is stays_function
    assert callback(StaysClass) is StaysClass
    assert (inspect.signature(StaysClass), StaysClass.stays_method, StaysClass.__doc__) == before
    assert type(StaysClass) is type
    assert StaysClass(5).stays_method() == 5


def test_callbacks_of_every_kind_run_here_as_if_they_were_none():
    @callback
    def local_def(a, /, *rest, key=1):
        return a, rest, key

    @callback
    async def local_async(a):
        return a

    @callback
    def local_generator(upto):
        received = yield from range(upto)
        return received

    @callback
    async def local_async_generator(upto):
        for number in range(upto):
            yield number

    async def collected():
        return [number async for number in local_async_generator(3)]

    assert local_def(1, 2, key=3) == (1, (2,), 3)
    assert asyncio.run(local_async(5)) == 5
    assert list(local_generator(3)) == [0, 1, 2]
    assert asyncio.run(collected()) == [0, 1, 2]
    assert inspect.iscoroutinefunction(local_async)
    assert inspect.isgeneratorfunction(local_generator)
    assert inspect.isasyncgenfunction(local_async_generator)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        local_def()


def test_of_threads_that_make_an_instance_at_once_one_succeeds():
    others_refused, refused = threading.Event(), threading.Semaphore(0)
    made = []

    @callback
    class Contested:
        def __init__(self):
            assert others_refused.wait(10)

        def contested_method(self):
            return 1

    def make():
        try:
            made.append(Contested())
        except InitializationError:
            refused.release()

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert all(refused.acquire(timeout=10) for _ in threads[1:])
    others_refused.set()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_a_class_that_makes_one_object_only_may_be_asked_for_it_again():
    @callback
    class Singleton:
        made = None

        def __new__(cls, *args):
            cls.made = cls.made or super().__new__(cls)
            return cls.made

        def singleton_method(self):
            return 1

    assert Singleton(1) is Singleton(2)


@pytest.mark.parametrize("uses_body", [False, True])
def test_a_fetcher_class_implements_the_abstract_methods_that_it_stands_for(uses_body):
    # There could be no object of it.
    class Shelf(abc.ABC):
        @abc.abstractmethod
        def size(self): ...

        @abc.abstractmethod
        @local
        def kept(self): ...

    @fetcher(FG, args_from_body=uses_body)
    class Half(Shelf): ...

    @fetcher(FG, args_from_body=uses_body)
    class Remote(Shelf):
        @local
        def kept(self):
            return "here"

    assert repr(Remote().size) == '<daffi fetcher of "size">'
    assert Remote().kept() == "here"
    with pytest.raises(TypeError, match=r"abstract.*kept"):
        Half()
    assert inspect.isabstract(Shelf)


def test_a_fetcher_keeps_what_its_function_says_of_itself():
    @fetcher(FG)
    def documented(a: int) -> int:
        """What it does."""

    assert documented.__name__ == "documented"
    assert documented.__doc__ == "What it does."
    assert str(inspect.signature(documented)) == "(a: int) -> int"
    assert repr(documented) == '<daffi fetcher of "documented">'


def test_alias_names_what_a_fetcher_calls():
    @fetcher(FG)
    @alias("remote_name")
    def local_name(): ...

    assert repr(local_name) == '<daffi fetcher of "remote_name">'


def test_a_module_reloaded_is_no_second_and_a_name_in_another_module_is(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    text = "from daffi import callback\n{}@callback\ndef from_module(): ...\n"
    (tmp_path / "first_module.py").write_text(text.format(""))
    (tmp_path / "second_module.py").write_text(text.format(""))
    module = importlib.import_module("first_module")
    (tmp_path / "first_module.py").write_text(text.format("\n\n"))
    importlib.reload(module)
    with pytest.raises(InitializationError, match=r"second_module\.py:2"):
        importlib.import_module("second_module")


def test_methods_of_builtin_bases_are_not_offered():
    from daffi._registering.methods import methods

    class Shelf(dict):
        def shelf_method(self):
            return 1

        cached = functools.lru_cache(lambda self: 1)
        value = 5

        class Inner: ...

    assert [method.name for method in methods(Shelf)] == ["shelf_method", "cached"]


def test_a_private_method_with_an_alias_is_offered_under_it():
    from daffi._registering.methods import methods

    class Hidden:
        @alias("shown")
        def _hidden(self): ...

        @staticmethod
        @alias("inner")
        def static(): ...

        @local
        @classmethod
        def made(cls): ...

        @classmethod
        @local
        def other(cls): ...

    assert [(m.name, m.attribute) for m in methods(Hidden)] == [
        ("shown", "_hidden"),
        ("inner", "static"),
    ]
    assert local(Hidden._hidden) is Hidden._hidden
    assert callback_and_fetcher is not callback
