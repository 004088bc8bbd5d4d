"""Settings that no Global can have are refused before anything starts, each with what to do."""

import inspect
import re

import pytest

from daffi import Global, InitializationError


@pytest.mark.parametrize(
    "settings",
    [
        {"max_message": 0},
        {"max_message": -1},
        {"max_message": 1 << 64},
        {"max_message": "1 GiB"},
        {"max_message": True},
        {"max_waiting_bytes": 0},
        {"max_waiting_bytes": "1 MiB"},
        {"threads": 1},
        {"threads": 8.0},
        {"threads": True},
        {"max_pending_bytes": 0},
        {"max_pending_bytes": "1 GiB"},
        {"max_pending_bytes": 1 << 64},
        {"max_tasks": 0},
        {"max_tasks": None},
        {"process_name": 3},
        {"host": 5, "port": 1},
        {"process_name": "\udcff"},
        {"unix_sock_path": 5},
    ],
    ids=str,
)
def test_a_setting_of_the_wrong_kind_is_named(settings):
    # It was a TypeError about a field of the extension, or a Global whose every call failed.
    with pytest.raises(InitializationError) as caught:
        Global(init_controller=True, **settings)
    assert next(iter(settings)) in str(caught.value)
    assert "\nhint: " in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [{"host": "localhost", "port": True}, {"host": "localhost", "port": 8.5}, {"direct": []}],
    ids=str,
)
def test_a_value_that_only_looks_like_another_is_refused(settings):
    # A port was the number that was left of it, and a list had no hash.
    with pytest.raises(InitializationError) as caught:
        Global(init_controller=True, **settings)
    assert repr(list(settings.values())[-1]) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("name", "process_name"),
        ("controller", "init_controller"),
        ("timeout", "connect_timeout"),
        ("socket_path", "unix_sock_path"),
        ("max_mesage", "max_message"),
        ("colour", "there are: process_name, init_controller"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_one_that_was_meant(name, meant):
    # It was a TypeError about `Global.__new__`.
    with pytest.raises(InitializationError, match=f"{name!r}\nhint: .*{meant}"):
        Global(init_controller=True, **{name: "x"})


def test_no_time_to_connect_is_no_limit():
    # It gave up before the first attempt.
    with Global(init_controller=True, host="localhost", connect_timeout=0) as g:
        assert g.is_running


def test_a_message_may_have_a_gibibyte_unless_said_otherwise():
    assert inspect.signature(Global.__new__).parameters["max_message"].default == 1 << 30


@pytest.mark.parametrize("value", ["False", 1, None], ids=repr)
def test_init_controller_is_true_or_false(value):
    # What comes from an environment variable is text, and no text is false.
    with pytest.raises(InitializationError, match="init_controller"):
        Global(init_controller=value)


def test_six_settings_go_by_position_and_the_others_by_name_only():
    parameters = inspect.signature(Global).parameters.values()
    by_position = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert by_position == [
        "process_name",
        "init_controller",
        "init_node",
        "host",
        "port",
        "unix_sock_path",
    ]
    others = [p for p in parameters if p.name not in by_position]
    # What is no setting is taken, too, to say which one was meant.
    assert [p.name for p in others if p.kind is p.VAR_KEYWORD] == ["unknown"]
    assert all(p.kind is p.KEYWORD_ONLY for p in others if p.name != "unknown")
    with Global("by_position", True, True, "localhost", None, None) as g:
        assert (g.process_name, g.is_controller, g.host) == ("by_position", True, "localhost")


@pytest.mark.parametrize(
    ("host", "meant"),
    [
        ("http://localhost:8000", 'host="localhost", port=8000'),
        ("localhost:8888", 'host="localhost", port=8888'),
        ("tcp://shop", 'host="shop", port=7'),
        ("localhost/", 'host="localhost", port=7'),
        ("", 'host="localhost", port=7'),
        ("[::1]:8888", 'host="::1", port=8888'),
        ("tcp://[::1]", 'host="::1", port=7'),
    ],
)
def test_more_than_a_host_is_refused_with_the_host_and_the_port(host, meant):
    # It looked for a machine of this name for ever.
    told = f"not this: {host!r}\nhint: Global({meant})"
    with pytest.raises(InitializationError, match=re.escape(told)):
        Global(host=host, port=7)
