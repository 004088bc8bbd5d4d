"""Starting: what is refused, what is waited for, and what is ready when the constructor returns."""

import os
import socket
import stat

import pytest
from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
from place import PLACE, meet, raises, stay, within
from daffi import *
"""


def test_a_free_port_is_chosen_and_readable(run):
    script = run(
        PRELUDE
        + """
g = meet(host="localhost", init_controller=True)
assert g.host == "localhost" and 0 < g.port < 65536 and g.is_controller
g.stop()
"""
    )
    assert script.wait_end() == 0


def test_the_socket_folder_is_private(run, folder):
    script = run(PRELUDE + "g = meet(init_controller=True); stay(g)")
    script.wait_for("^ready")
    assert stat.S_IMODE(os.stat(folder / "daffi").st_mode) == 0o700
    assert stat.S_ISSOCK(os.stat(folder / "daffi" / ".sock").st_mode)


def test_a_place_taken_by_a_live_controller_is_refused(serve, run, place):
    serve()
    script = run(
        PRELUDE
        + """
with within(5), raises(InitializationError) as caught:
    meet(process_name="second")
print(caught.error)
""",
        settings={**place.here, **({"port": place.port} if place.port else {})},
    )
    assert script.wait_end() == 0
    assert (str(place.port) if place.port else ".sock") in script.output


def test_a_port_taken_by_a_stranger_is_refused(run):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        port = stranger.getsockname()[1]
        script = run(
            PRELUDE
            + f"""
with within(5), raises(InitializationError) as caught:
    meet(host="localhost", port={port}, init_controller=True)
assert "{port}" in str(caught.error)
"""
        )
        assert script.wait_end() == 0


def test_a_dead_controllers_socket_is_replaced(run, folder):
    source = PRELUDE + "g = meet(init_controller=True); stay(g)"
    first = run(source, name="first")
    first.wait_for("^ready")
    first.process.kill()
    first.wait_end()
    assert (folder / "daffi" / ".sock").exists()
    second = run(source, name="second")
    second.wait_for("^ready", patience=5)
    second.end()


def test_no_controller_within_the_time_given_is_a_timeout(run, place):
    with socket.socket() as nobody:
        # Bound and not listening: the port is ours, and nobody answers there.
        nobody.bind(("127.0.0.1", 0))
        place.port = nobody.getsockname()[1]
        script = run(
            PRELUDE
            + """
import time
start = time.monotonic()
with within(3), raises(TimeoutError) as caught:
    meet(connect_timeout=0.5)
assert time.monotonic() - start > 0.4
print(caught.error)
g = meet(init_controller=True, port=None) if "host" in PLACE else meet(init_controller=True)
g.stop()
""",
            settings=place.there,
        )
        assert script.wait_end() == 0


def test_a_node_waits_for_its_controller(run, folder):
    waiting = run(
        PRELUDE
        + """
import logging
logging.basicConfig(level=logging.INFO)
print("starting", flush=True)
g = meet(process_name="early")
print("connected", flush=True)
g.stop()
""",
        name="early",
    )
    waiting.wait_for("^starting$")
    waiting.wait_for("(?i)wait", patience=10)  # it says in the log what it waits for
    controller = run(PRELUDE + "g = meet(init_controller=True); stay(g)", name="late")
    controller.wait_for("^ready")
    waiting.wait_for("^connected$", patience=5)
    assert waiting.wait_end() == 0


def test_a_name_in_use_is_refused(serve, run, place):
    serve()
    script = run(
        PRELUDE
        + """
with within(5), raises(InitializationError) as caught:
    meet(process_name="provider")
assert "provider" in str(caught.error)
g = meet(process_name="another")
assert "provider" in g.registered_callbacks
g.stop()
""",
        settings=place.there,
    )
    assert script.wait_end() == 0


def test_the_name_of_a_dead_process_is_free_again(serve, run, place):
    serve()
    source = PRELUDE + "g = meet(process_name='worker'); stay(g)"
    first = run(source, name="first", settings=place.there)
    first.wait_for("^ready")
    first.process.kill()
    second = run(source, name="second", settings=place.there)
    second.wait_for("^ready", patience=5)
    second.end()


def test_settings_that_contradict_each_other_are_refused(run):
    script = run(
        PRELUDE
        + """
for wrong in (
    {"host": "localhost", "unix_sock_path": "/tmp"},
    {"init_controller": False, "init_node": False},
    {"host": "localhost", "port": "many", "init_controller": True},
    {"host": "localhost", "port": 70000, "init_controller": True},
    {"port": 8888},
    {"host": "localhost"},
):
    with within(2), raises(InitializationError):
        meet(**wrong)
"""
    )
    assert script.wait_end() == 0


def test_it_can_be_made_off_the_main_thread(run):
    script = run(
        PRELUDE
        + """
import threading
made = []
thread = threading.Thread(target=lambda: made.append(meet(init_controller=True)))
thread.start()
thread.join()
stay(made[0])
"""
    )
    script.wait_for("^ready")
    script.end()


def test_a_controller_does_not_listen_where_other_machines_reach_it(run):
    script = run(
        PRELUDE
        + """
with raises(InitializationError) as caught:
    Global(host="0.0.0.0", init_controller=True)
assert "localhost" in str(caught.error)
"""
    )
    assert script.wait_end() == 0


STALLED = """
import os, signal, sys, threading, time
from place import raises, within
from daffi import Global

# The resolver reads this file, and nobody writes to it: a name without a dot is looked up for ever.
aliases = os.environ["HOSTALIASES"] = os.path.join(os.environ["TMPDIR"], "aliases")
os.mkfifo(aliases)
"""

STALLING = {
    "a node": "host='stalls', port=1",
    "a controller": "host='stalls', init_controller=True",
    "a controller alone": "host='stalls', init_controller=True, init_node=False",
}


@pytest.mark.parametrize("settings", STALLING.values(), ids=STALLING)
def test_a_start_whose_name_look_up_stalls_ends_at_its_limit(run, settings):
    script = run(
        STALLED
        + f"""
with within(5), raises(TimeoutError):
    Global({settings}, connect_timeout=0.3)
with within(5), Global(init_controller=True):
    pass
"""
    )
    assert script.wait_end() == 0, script.output


@pytest.mark.parametrize("settings", STALLING.values(), ids=STALLING)
def test_a_start_whose_name_look_up_stalls_can_be_interrupted(run, settings):
    script = run(
        STALLED
        + f"""
threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
with within(5), raises(KeyboardInterrupt):
    Global({settings})
with within(5), Global(init_controller=True):
    pass
"""
    )
    assert script.wait_end() == 0, script.output


def test_threads_that_start_the_same_global_share_the_attempt_each_in_its_own_time(run):
    script = run(
        PROGRAMS
        / "threads_that_start_the_same_global_share_the_attempt_each_in_its_own_time_script.py"
    )
    assert script.wait_end() == 0, script.output


def test_threads_that_wait_for_the_attempt_of_another_get_its_global(run):
    script = run(PROGRAMS / "threads_that_wait_for_the_attempt_of_another_get_its_global_script.py")
    script.wait_for("^waiting$")
    controller = run(
        """
        from daffi import Global
        g = Global(init_controller=True, process_name="controller")
        g.join()
    """,
        name="controller",
    )
    assert script.wait_end() == 0, script.output
    controller.end()


def test_a_process_ends_at_once_while_threads_wait_for_its_global(run):
    script = run(PROGRAMS / "a_process_ends_at_once_while_threads_wait_for_its_global_script.py")
    script.wait_for("^in time$")
    assert script.wait_end() == 0, script.output


def test_a_start_in_a_signal_handler_of_a_thread_that_starts_is_refused(run):
    script = run(
        PROGRAMS / "a_start_in_a_signal_handler_of_a_thread_that_starts_is_refused_script.py"
    )
    assert script.wait_end() == 0, script.output
