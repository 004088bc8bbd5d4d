"""What `daffi` exports, what it says it exports and what is documented agree."""

import inspect
import types

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
    "RemoteCallError",
    "RemoteStoppedUnexpectedly",
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


def test_all_names_are_listed_and_there():
    assert set(daffi.__all__) == PUBLIC
    assert all(hasattr(daffi, name) for name in daffi.__all__)


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
