"""What is there when the constructor returns, and what can be read of a Global then."""

PRELUDE = """
import socket
from pathlib import Path
from place import PLACE, meet, raises, stay, within
from daffi import *
"""


def test_a_controller_listens_when_its_constructor_returns(run, place):
    script = run(
        PRELUDE
        + """
g = meet()
if g.port:
    socket.create_connection((g.host, g.port), timeout=5).close()
else:
    with socket.socket(socket.AF_UNIX) as bare:
        bare.connect(SOCKET)
g.stop()
""".replace("SOCKET", repr(str(place.socket_path))),
        settings=place.here,
    )
    assert script.wait_end() == 0


def test_a_node_and_its_callbacks_are_known_when_its_constructor_returns(serve, join):
    serve("from place import meet, stay; stay(meet(init_node=False))")
    first = join(
        PRELUDE
        + """
@callback
def early(): ...

g = meet(process_name="first")
print("there", flush=True)
g.join()
""",
        name="first",
    )
    first.wait_for("^there$")
    second = join(
        PRELUDE
        + """
g = meet(process_name="second")
assert g.registered_callbacks == {"first": ["early"]}, g.registered_callbacks
assert (g.call.early() & FG) is None
g.stop()
""",
        name="second",
    )
    assert second.wait_end() == 0
    first.end()


def test_a_global_tells_its_name_its_place_and_whether_it_has_the_controller(serve, run, place):
    serve()
    script = run(
        PRELUDE
        + """
g = meet(process_name="reader")
assert (g.process_name, g.is_controller) == ("reader", False)
assert (g.host, g.port) == (PLACE.get("host"), PLACE.get("port"))
g.stop()
assert (g.process_name, g.is_controller) == ("reader", False)
""",
        settings=place.there,
    )
    assert script.wait_end() == 0


def test_without_host_and_socket_folder_the_place_is_the_common_unix_socket(run):
    script = run(
        PRELUDE
        + """
import tempfile
g = meet(init_controller=True)
assert (g.host, g.port) == (None, None)
assert (Path(tempfile.gettempdir()) / "daffi" / ".sock").is_socket()
g.stop()
"""
    )
    assert script.wait_end() == 0


def test_processes_that_name_a_socket_folder_meet_there_and_nowhere_else(run, folder):
    source = (
        PRELUDE
        + """
g = meet(unix_sock_path=FOLDER, init_controller=True, process_name="provider")
assert (Path(FOLDER).stat().st_mode & 0o777) == 0o700 and g.host is None
stay(g)
"""
    )
    own = run(source.replace("FOLDER", repr(str(folder / "own"))), name="own")
    common = run(source.replace("FOLDER", repr(str(folder / "daffi"))), name="common")
    own.wait_for("^ready")
    common.wait_for("^ready")
    script = run(
        PRELUDE
        + f"""
with meet(unix_sock_path={str(folder / "own")!r}, process_name="first") as g:
    assert set(g.registered_callbacks) == {{"provider"}}
with meet(unix_sock_path=Path({str(folder / "own")!r}), process_name="second") as g:
    assert set(g.registered_callbacks) == {{"provider"}}
with meet(process_name="third") as g:
    assert set(g.registered_callbacks) == {{"provider"}}
"""
    )
    assert script.wait_end() == 0
    own.end()
    # The other system has nothing to do with it.
    assert common.process.poll() is None
    common.end()


def test_a_port_given_as_text_is_accepted(serve, run):
    first = run(
        PRELUDE
        + """
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
g = meet(host="localhost", port=str(port), init_controller=True, process_name="first")
assert g.port == port
stay(g)
""",
        name="first",
    )
    port = first.wait_for(r"^ready (\d+)$")[1]
    second = run(
        PRELUDE
        + f"""
g = meet(host="localhost", port="{port}")
assert g.port == {port} and set(g.registered_callbacks) == {{"first"}}
g.stop()
"""
    )
    assert second.wait_end() == 0
    first.end()


def test_on_localhost_other_addresses_of_the_machine_do_not_answer(run):
    script = run(
        PRELUDE
        + """
g = meet(host="localhost", init_controller=True)
socket.create_connection(("localhost", g.port), timeout=5).close()
# All of 127/8 is this machine; a socket bound to every address would answer here, too.
with raises(OSError):
    socket.create_connection(("127.0.0.2", g.port), timeout=5)
g.stop()
"""
    )
    assert script.wait_end() == 0
