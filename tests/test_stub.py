"""The stub of the extension says what is in the extension: names, methods and parameters."""

import ast
import inspect
from pathlib import Path

import daffi
from daffi import _daffi

STUB = ast.parse(Path(daffi.__file__).with_name("_daffi.pyi").read_text())
CLASSES = {
    node.name: node
    for node in STUB.body
    # A TypedDict is there for type checkers only.
    if isinstance(node, ast.ClassDef) and "TypedDict" not in map(ast.unparse, node.bases)
}
FUNCTIONS = {node.name: node for node in STUB.body if isinstance(node, ast.FunctionDef)}
# What Python adds to every class, and what PyO3 adds to every module.
GIVEN = set(dir(object)) | {"__module__", "__weakref__", "__dict__"}


def members(node):
    """Names that a class in the stub has, with the assigned ones."""
    for item in node.body:
        match item:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("__"):
                yield name


def parameters(node):
    """Names of the parameters of a function in the stub."""
    args = node.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    return [arg.arg for arg in every if arg.arg not in {"self", "cls"}]


def test_every_public_name_is_in_both():
    there = {name for name in vars(_daffi) if not name.startswith("_")}
    stubbed = {name for name in CLASSES | FUNCTIONS if not name.startswith("_")}
    assert there == stubbed


def test_every_member_is_in_both():
    for name, node in CLASSES.items():
        if not hasattr(_daffi, name):
            continue
        there = {m for m in vars(getattr(_daffi, name)) if m not in GIVEN}
        there = {m for m in there if not m.startswith("_") or m.startswith("__")}
        stubbed = {m for m in members(node) if m not in GIVEN}
        public = {m for m in there if not m.startswith("__")}
        # What begins with one underscore is for `concurrent.futures`, which looks at nothing public.
        told = {m for m in stubbed if not m.startswith("_")}
        assert public == told, name
        assert {m for m in stubbed if m.startswith("__")} <= there | set(dir(type)), name


def test_functions_take_the_same_parameters():
    for name, node in FUNCTIONS.items():
        signature = inspect.signature(getattr(_daffi, name))
        assert list(signature.parameters) == parameters(node), name
