"""A second callback of one name: the first one written or loaded again, or a mistake that is told by its cause."""

import dataclasses
import functools
import itertools
import subprocess
import sys
import types

import pytest

from daffi import InitializationError, callback
from daffi._registering.injection import filled

HEAD = "from daffi import callback\n"


def run(text, filename, module, namespace=None):
    """Run code as a module of this name, loaded from this file."""
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = module
    exec(compile(HEAD + text, filename, "exec"), namespace)
    return namespace


def test_a_definition_in_a_loop_is_told_as_one():
    loop = "for n in range(2):\n    @callback\n    def in_a_loop(): return n\n"
    with pytest.raises(InitializationError, match="as in a loop"):
        run(loop, "loops.py", "loops")


def test_a_function_under_two_decorators_is_a_second():
    # The second took the place of the first, and nobody was told.
    text = """
import functools
def traced(function):
    @functools.wraps(function)
    def run(): return function()
    return run
def under_two(): ...
callback(traced(under_two))
callback(traced(under_two))
"""
    with pytest.raises(InitializationError, match="has run twice"):
        run(text, "decorators.py", "decorators")


def test_the_same_function_again_is_no_second():
    def with_g(g): ...

    made = callback(with_g)
    assert callback(with_g) is not with_g
    assert callback(made) is made
    wrapper = functools.wraps(made)(lambda *args: made(*args))
    assert filled(wrapper) is wrapper


def test_a_module_run_again_is_no_second():
    for _ in range(2):
        run("@callback\ndef run_again(): ...\n", "again.py", "again")


def test_a_script_that_is_imported_by_its_name_says_so(tmp_path):
    (tmp_path / "main.py").write_text(
        HEAD + "@callback\ndef price(): ...\nif __name__ == '__main__':\n    import other\n"
    )
    (tmp_path / "other.py").write_text("from main import price\n")
    ended = subprocess.run(
        [sys.executable, "main.py"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert "loaded under two names, __main__ and main" in ended.stderr


@pytest.mark.parametrize("has_file", [True, False])
def test_an_edited_cell_of_a_notebook_replaces_its_callback(monkeypatch, tmp_path, has_file):
    # Kernels name each version of a cell by its hash, and write the file where a debugger wants it.
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    numbers = itertools.count()
    for text in ("def in_a_cell(): return 1\n", "\n\ndef in_a_cell(a): return 2\n"):
        cell = tmp_path / f"{next(numbers)}.py"
        if has_file:
            cell.write_text(HEAD + "@callback\n" + text)
        run("@callback\n" + text, str(cell), "__main__", vars(main))
    assert callback(main.in_a_cell) is main.in_a_cell


@pytest.mark.parametrize("settings", [{}, {"slots": True}, {"frozen": True}])
def test_a_dataclass_above_callback_says_how_to_write_it(settings):
    class Pair:
        left: int

    Pair.__qualname__ = f"Pair{len(settings)}{''.join(settings)}"
    setattr(Pair, f"pair_{''.join(settings)}", lambda self: self.left)
    made = dataclasses.dataclass(**settings)(callback(Pair))
    with pytest.raises(InitializationError, match="write @callback on top, above @dataclass"):
        made(1)


def test_a_dataclass_below_callback_has_its_instance():
    @callback
    @dataclasses.dataclass
    class Point:
        left: int

        def of_a_point(self):
            return self.left

    @callback
    @dataclasses.dataclass(init=False)
    class Empty:
        left: int = 1

        def of_nothing(self):
            return self.left

    assert (Point(3).of_a_point(), Empty().of_nothing()) == (3, 1)


def test_a_method_of_a_class_that_is_none_needs_its_object():
    with pytest.raises(InitializationError, match=r"a method needs its object.*Plain\.lonely"):
        run("class Plain:\n    @callback\n    def lonely(self): ...\n", "plain.py", "plain")

    class Plain:
        @staticmethod
        @callback
        def static_inside(a): ...

        @callback
        @staticmethod
        def static_outside(a): ...

        def bound(self): ...

    callback(Plain().bound)


def test_a_second_partial_of_one_name_is_an_error_of_ours():
    # It was an AttributeError: a partial has no name.
    twice = 'import functools\nfrom daffi import alias\ncallback(alias("partial_twice")(functools.partial(pow, 2)))\n'
    run(HEAD + twice, "one.py", "one")
    with pytest.raises(InitializationError, match="already a callback named 'partial_twice'"):
        run(HEAD + twice, "two.py", "two")
