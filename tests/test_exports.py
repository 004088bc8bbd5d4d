"""What `daffi` exports, what it says it exports and what is documented agree."""

import inspect
import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

import daffi

# The names that exist now; a name is public when it stands here.
PUBLIC = {
    "BG",
    "BROADCAST",
    "FG",
    "NO_RETURN",
    "STREAM",
    "PERIOD",
    "AsyncResult",
    "CallCancelled",
    "DaffiError",
    "Global",
    "GlobalContextError",
    "InitializationError",
    "Overloaded",
    "RemoteCallError",
    "RemoteStoppedUnexpectedly",
    "RemoteStream",
    "RetryPolicy",
    "ScheduledTask",
    "SerializationError",
    "TimeoutError",
    "UnableToFindCandidate",
    "__body_unknown__",
    "alias",
    "callback",
    "callback_and_fetcher",
    "cancelled",
    "fetcher",
    "get_g",
    "local",
}


# It would replace the builtin one in the module that imports all.
NOT_IN_STAR = {"TimeoutError"}


def test_all_names_are_listed_and_there():
    assert set(daffi.__all__) == PUBLIC - NOT_IN_STAR
    assert all(hasattr(daffi, name) for name in PUBLIC)


def test_a_star_import_gives_every_public_name():
    names = {}
    exec("from daffi import *", names)
    assert names.keys() - {"__builtins__"} == PUBLIC - NOT_IN_STAR


def test_after_a_star_import_timeout_error_is_the_builtin_one_which_catches_both():
    # `except TimeoutError` around `asyncio.timeout` caught nothing any more.
    names = {}
    exec("from daffi import *\ncaught = TimeoutError", names)
    assert names["caught"] is TimeoutError
    assert issubclass(daffi.TimeoutError, TimeoutError)


def test_every_module_is_private():
    package = Path(daffi.__file__).parent
    modules = {path.stem for path in package.glob("*.py")}
    folders = {path.parent.name for path in package.glob("*/*.py")}
    assert {"_exceptions", "_wire"} <= modules | folders
    assert all(name.startswith("_") for name in modules | folders), modules | folders


def test_the_package_says_that_it_is_typed():
    # Without this file type checkers see nothing of the signatures.
    assert Path(daffi.__file__).with_name("py.typed").is_file()


def test_nothing_else_is_public():
    found = {
        name
        for name, value in vars(daffi).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert found <= PUBLIC


def test_every_public_name_says_what_it_is():
    for name in PUBLIC:
        value = getattr(daffi, name)
        assert inspect.getdoc(value), name
        assert value.__module__ in {"daffi", "daffi._daffi"}, (name, value.__module__)


def test_the_exceptions_form_one_tree():
    errors = [getattr(daffi, name) for name in PUBLIC]
    errors = [e for e in errors if inspect.isclass(e) and issubclass(e, Exception)]
    assert all(issubclass(error, daffi.DaffiError) for error in errors)
    assert issubclass(daffi.TimeoutError, TimeoutError)
    assert issubclass(daffi.RemoteStoppedUnexpectedly, ConnectionError)


def test_the_package_and_a_global_import_no_event_loop():
    # asyncio alone takes longer to import than all of daffi.
    start = "import sys; from daffi import Global; Global(init_controller=True).stop(); print('asyncio' in sys.modules)"
    with tempfile.TemporaryDirectory(prefix="daffi-") as folder:
        environment = {**os.environ, "TMPDIR": folder}
        ran = subprocess.run(
            [sys.executable, "-c", start],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    assert ran.stdout == "False\n"
