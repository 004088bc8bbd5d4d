"""The hooks that the front registers are those that the extension calls, with the arguments that it gives."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import daffi
from daffi import _daffi
from daffi._seam import Front

STUB = ast.parse(Path(daffi.__file__).with_name("_daffi.pyi").read_text())
[FRONT] = [node for node in STUB.body if isinstance(node, ast.ClassDef) and node.name == "_Front"]
# What the stub says of each hook: of a function, what it is called with and what it gives.
HOOKS = {
    node.name: node.returns
    for node in FRONT.body
    if isinstance(node, ast.FunctionDef) and node.returns
}


def arguments(hook):
    """How many arguments the extension gives; None where it calls nothing, or with any."""
    match hook:
        case ast.Subscript(
            value=ast.Name(id="Callable"), slice=ast.Tuple(elts=[ast.List(elts=given), _])
        ):
            return len(given)
    return None


def test_the_stub_has_the_hooks_that_the_extension_calls():
    with pytest.raises(AttributeError, match="lacks hooks") as refused:
        _daffi.register(object())
    told = str(refused.value).partition(": ")[2].split(", ")
    assert set(told) == set(HOOKS)


def test_the_front_has_those_hooks_and_no_others():
    front = Front()
    assert {name for name in dir(front) if not name.startswith("_")} == set(HOOKS)


@pytest.mark.parametrize("name", [name for name in HOOKS if arguments(HOOKS[name]) is not None])
def test_a_hook_takes_what_the_extension_gives(name):
    hook = getattr(Front(), name)
    given = list(range(arguments(HOOKS[name])))
    if name == "awaitable_value":
        # Of a proxy `inspect` finds the signature of what it stands for.
        hook, given = hook.__init__, [None, *given]
    if not (isinstance(hook, type) and issubclass(hook, BaseException)):  # those take anything
        inspect.signature(hook).bind(*given)


def test_without_the_front_the_extension_says_what_to_import():
    alone = f"""if True:
        from importlib.util import module_from_spec, spec_from_file_location
        spec = spec_from_file_location("_daffi", {_daffi.__file__!r})
        alone = module_from_spec(spec)
        spec.loader.exec_module(alone)
        try:
            alone.Fetcher("name")() & 1
        except ImportError as error:
            print(error)
    """
    ran = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True)
    assert ran.stdout == "the Python part of daffi has not been imported\nhint: import daffi\n"
