"""The folder in which processes meet is the one that was meant, whatever the current folder is later."""

import json

from script import programs

PROGRAMS = programs(__file__)


CONTROLLER = """
import os, sys
from place import stay
from daffi import Global

os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
g = Global(init_controller=True, process_name=sys.argv[1], unix_sock_path="place")
os.chdir(sys.argv[2])
stay(g)
"""


def test_a_relative_folder_stays_the_same_after_a_change_of_the_current_folder(run, folder):
    # The first removed the socket of the second when it ended: its path was that of the other by then.
    second = run(CONTROLLER, "b", ".", name="second")
    second.wait_for("^ready")
    first = run(CONTROLLER, "a", "../b", name="first")
    first.wait_for("^ready")
    first.end()
    assert not (folder / "a" / "place" / ".sock").exists()
    newcomer = run("""
        import os
        from daffi import Global
        os.chdir("b")
        with Global(unix_sock_path="place", connect_timeout=10) as g:
            g.wait_process("b", timeout=10)
    """)
    assert newcomer.wait_end() == 0, newcomer.output
    second.end()


def test_a_node_finds_its_controller_again_after_a_change_of_the_current_folder(run, folder):
    first = run(CONTROLLER, "a", ".", name="first")
    first.wait_for("^ready")
    node = run("""
        import os
        from daffi import Global
        os.chdir("a")
        with Global(unix_sock_path="place") as g:
            os.chdir("/")
            print("up", flush=True)
            g.wait_process("late", timeout=20)
    """)
    node.wait_for("^up$")
    first.end()
    again = run(CONTROLLER.replace("process_name=sys.argv[1]", "process_name='late'"), "a", ".")
    again.wait_for("^ready")
    assert node.wait_end() == 0, node.output
    again.end()


def test_an_error_names_the_whole_path_of_a_relative_folder(run, folder):
    script = run(PROGRAMS / "an_error_names_the_whole_path_of_a_relative_folder_script.py")
    assert script.wait_end() == 0, script.output


PLACES = """
import json, os, tempfile
from daffi import Global
with Global(init_controller=True) as g:
    print(json.dumps([os.path.join(tempfile.gettempdir(), "daffi", ".sock"), str(g._runtime.unix_path)]))
"""


def test_the_common_folder_is_in_the_temporary_folder_of_python(run, folder):
    # With an empty TMPDIR it was in the current folder, and each process had another.
    for named in (
        {"TMPDIR": "", "TMP": str(folder)},
        {"TMPDIR": "/not/there", "TEMP": "", "TMP": str(folder)},
    ):
        script = run(PLACES, **named)
        assert script.wait_end() == 0, script.output
        python, daffi = json.loads(script.output)
        assert python == daffi == str(folder / "daffi" / ".sock")
