"""Starting: what is refused, what is waited for, and what is ready when the constructor returns."""

import os
import socket
import stat

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
