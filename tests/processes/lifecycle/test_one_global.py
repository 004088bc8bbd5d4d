"""One Global a process: asked for again it is the first, and `get_g` gives it from anywhere."""

from script import programs

PROGRAMS = programs(__file__)


PRELUDE = """
import threading
from place import meet, raises, within
from daffi import *
"""


def test_a_second_global_with_equal_settings_is_the_first(run):
    script = run(
        PRELUDE
        + """
g = meet(init_controller=True, process_name="one", host="localhost")
assert meet(init_controller=True, process_name="one", host="localhost") is g
assert Global("one", True, True, "localhost") is g
assert meet(init_controller=True, process_name="one", host="localhost", connect_timeout="0 s") is g
g.stop()

text = meet(init_controller=True, host="localhost", port=str(g.port))
assert meet(init_controller=True, host="localhost", port=g.port) is text
text.stop()
"""
    )
    assert script.wait_end() == 0


def test_a_second_global_with_other_settings_is_refused(run):
    script = run(PROGRAMS / "a_second_global_with_other_settings_is_refused_script.py")
    assert script.wait_end() == 0


def test_a_block_of_a_global_that_was_stopped_is_refused(run):
    # It began, and every call in it failed.
    script = run(PROGRAMS / "a_block_of_a_global_that_was_stopped_is_refused_script.py")
    assert script.wait_end() == 0


def test_after_a_stop_another_global_can_be_made(run):
    script = run(
        PRELUDE
        + """
for number in range(3):
    g = meet(init_controller=True, process_name=f"number_{number}")
    assert g.process_name == f"number_{number}" and get_g() is g and g.is_running
    g.stop()
    assert not g.is_running
with meet(init_controller=True, init_node=False) as other:
    # What was stopped stays stopped, and stopping it again harms nobody.
    g.stop()
    assert get_g() is other and other.is_running
"""
    )
    assert script.wait_end() == 0


def test_where_there_is_no_global_get_g_raises_initialization_error(run):
    script = run(PROGRAMS / "where_there_is_no_global_get_g_raises_initialization_error_script.py")
    assert script.wait_end() == 0


def test_get_g_gives_the_global_from_anywhere(serve, call):
    serve(PROGRAMS / "get_g_gives_the_global_from_anywhere_provider.py")
    call("""
        assert g.call.in_a_callback().fg() == "provider"
        assert g.call.in_an_async_callback().fg() == ("provider", "provider")
        assert g.call.in_a_thread().fg() == ["provider"]
        assert list(g.call.in_a_generator().fg()) == ["provider"]
        assert get_g() is g
        g.stop()
    """)


def test_threads_that_start_at_once_have_one_global(run):
    script = run(PROGRAMS / "threads_that_start_at_once_have_one_global_script.py")
    assert script.wait_end() == 0
